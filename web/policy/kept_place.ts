/** Puts the live list into its section of the policy page. It is loaded after the page. */

import { importPart } from "../shared/import_part";

const loadMount = importPart(() => import("./kept_mount"));

/** Loads and shows the list in `place`, in the page's language. When it cannot be loaded the section stays as it is. */
export async function showStoredData(place: HTMLElement): Promise<void> {
  const { mountStoredData } = await loadMount();
  const list = document.createElement("div");
  place.append(list);
  mountStoredData(list, { language: document.documentElement.lang, ...readPlace(place) });
}

/** What the server says there: the site, and where its chat can be opened. */
function readPlace({ dataset }: HTMLElement): { site: string | undefined; origins: string[] } {
  return { site: dataset.site || undefined, origins: (dataset.origins ?? "").split(" ").filter(Boolean) };
}
