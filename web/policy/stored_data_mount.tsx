/** The policy page's part of the list, for this origin when it is opened directly. */
import { render } from "preact";
import { StoredDataView } from "../stored_data/stored_data_view";

export interface StoredDataPlace {
  language: string;
  site: string | undefined;
  /** Websites with this site's chat. */
  origins: readonly string[];
}

export function mountStoredData(root: HTMLElement, { language, site, origins }: StoredDataPlace): void {
  render(
    <StoredDataView
      language={language}
      site={site}
      outro={(words) =>
        origins.length > 0 && (
          <div>
            <p>{words.pageLead}</p>
            <ul>
              {origins.map((origin) => (
                <li key={origin}>
                  <a href={origin}>{origin}</a>
                </li>
              ))}
            </ul>
          </div>
        )
      }
    />,
    root,
  );
}
