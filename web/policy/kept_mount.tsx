/** The policy page's part of the list: this origin opened by itself. */
import { render } from "preact";
import { KeptView } from "../shared/kept_view";

export interface KeptPlace {
  language: string;
  site: string | undefined;
  /** Websites with this site's chat. */
  origins: readonly string[];
}

export function mountKept(root: HTMLElement, { language, site, origins }: KeptPlace): void {
  render(
    <KeptView
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
