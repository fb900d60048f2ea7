/** What the loader puts on the page: a button, and a dialog once it is opened, in a shadow root of their own. */
import { launcherStyle } from "./launcher_style";
import type { LauncherWords } from "./launcher_words";

const TALK =
  "M4 5.5A2.5 2.5 0 0 1 6.5 3h11A2.5 2.5 0 0 1 20 5.5v8a2.5 2.5 0 0 1-2.5 2.5H11l-5 4.5V16A2.5 2.5 0 0 1 4 13.5z";
const FOLD = "M5.3 8.8 12 15.5l6.7-6.7 1.6 1.6L12 18.7l-8.3-8.3z";

/** Our own element name, so that the page's rules for `div` and the like do not meet it. */
export const HOST_NAME = "crumbless-chat";

function make<E extends Element>(element: E, attributes: Record<string, string>, ...children: Node[]): E {
  for (const name in attributes) element.setAttribute(name, attributes[name] ?? "");
  element.append(...children);
  return element;
}

const html = (name: string): HTMLElement => document.createElement(name);
const svg = (name: string): SVGElement => document.createElementNS("http://www.w3.org/2000/svg", name);

const path = (d: string): SVGElement => make(svg("path"), { d });

/** Black or white, whichever reads better on a `#rrggbb` colour (relative luminance, WCAG 2.2). */
export function inkOn(colour: string): string {
  const part = (at: number) => (Number.parseInt(colour.slice(at, at + 2), 16) / 255) ** 2.2;
  return 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5) > 0.18 ? "#000" : "#fff";
}

/** A style sheet that a policy against inline styles lets through. */
function addStyle(root: ShadowRoot): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(launcherStyle);
  root.adoptedStyleSheets = [sheet];
}

export interface LauncherLooks {
  side: "right" | "left";
  /** `#rrggbb`, or null for ours. */
  accent: string | null;
  direction: "ltr" | "rtl";
  words: LauncherWords;
}

export interface LauncherView {
  launch: HTMLElement;
  panel: HTMLElement;
  /** What the dialog says while the frame is not there; empty while it is loading. */
  say(text: string): void;
  /** Number of new messages on the launcher, 0 for none. */
  badge(count: number): void;
}

/** Adds the launcher to the page. */
export function addLauncher({
  side,
  accent,
  direction,
  words: [name, chat, one, several],
}: LauncherLooks): LauncherView {
  const host = html(HOST_NAME);
  const root = host.attachShadow({ mode: "open" });
  const badge = make(html("b"), { hidden: "" });
  const status = make(html("p"), { role: "status" });
  const launch = make(
    html("button"),
    { "aria-label": name, "aria-expanded": "false" },
    make(svg("svg"), { viewBox: "0 0 24 24" }, path(TALK), path(FOLD)),
    badge,
  );
  const panel = make(html("div"), { class: "panel wait", role: "dialog", "aria-label": chat, hidden: "" }, status);
  addStyle(root);
  // The inline end is where the launcher stands: the direction of this element only says which side that is.
  root.append(make(html("div"), { dir: side === "left" ? "rtl" : "ltr" }, panel, launch));
  status.dir = direction;
  const colour = accent ?? "#0e6a5a";
  host.style.setProperty("--a", colour);
  host.style.setProperty("--i", inkOn(colour));
  document.body.append(host);
  return {
    launch,
    panel,
    say: (text) => {
      status.textContent = text;
    },
    badge: (count) => {
      badge.hidden = !count;
      badge.textContent = count > 99 ? "99+" : `${count}`;
      const news = count > 1 ? several.replace("#", `${count}`) : one;
      launch.ariaLabel = count ? `${name}, ${news}` : name;
    },
  };
}
