/** Inserts the live list into its section of the policy page. It is loaded after the page. */

import { importPart } from "../core/import_part";

const loadMount = importPart(() => import("./stored_data_mount"));

/** Load and show the list in `place`, in the page's language. If it cannot be loaded, the section does not change. */
export async function showStoredData(place: HTMLElement): Promise<void> {
  const { mountStoredData } = await loadMount();
  const list = document.createElement("div");
  place.append(list);
  mountStoredData(list, { language: document.documentElement.lang, ...readPlace(place) });
}

/** Read the server's attributes: the site, and the origins where its chat can be opened. */
function readPlace({ dataset }: HTMLElement): { site: string | undefined; origins: string[] } {
  return { site: dataset.site || undefined, origins: (dataset.origins ?? "").split(" ").filter(Boolean) };
}
