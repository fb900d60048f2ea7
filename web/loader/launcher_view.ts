/** The loader's elements on the page, in a separate shadow root: a button, and a dialog once it is opened. */
import type { LauncherTexts } from "texts:launcher";
import { type ChatHost, HOST_NAME } from "../core/chat_host";
import { pageDocument } from "../core/page_document";
import type { UnreadMessages } from "./frame_bridge";
import { launcherStyle } from "./launcher_style";

const TALK = "M6 3h12a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-7l-5 5v-5a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2z";
const FOLD = "M4 10l8 8 8-8-1.5-1.5-6.5 6.5-6.5-6.5z";

function make<E extends Element>(element: E, attributes: Record<string, string>, ...children: Node[]): E {
  for (const name in attributes) element.setAttribute(name, attributes[name] as string);
  element.append(...children);
  return element;
}

const html = (name: string): HTMLElement => pageDocument.createElement(name);
const svg = (name: string): SVGElement => pageDocument.createElementNS("http://www.w3.org/2000/svg", name);

export interface LauncherAppearance {
  side: "right" | "left";
  /** A CSS colour, and the text colour with enough contrast on it. */
  accent: string;
  ink: string;
  texts: LauncherTexts;
}

export interface LauncherView {
  launch: HTMLElement;
  panel: HTMLElement;
  /** Shows or hides the dialog. */
  turn(open: boolean): void;
  /** Shows a text in the dialog while the frame is missing; empty while it is loading. */
  say(text: string): void;
  /** Shows the number of unread messages on the launcher. */
  badge(unread: UnreadMessages): void;
}

/** Adds the launcher to the page. */
export function addLauncher({ side, accent, ink, texts }: LauncherAppearance): LauncherView {
  const host: ChatHost = html(HOST_NAME);
  const root = host.attachShadow({ mode: "open" });
  const number = html("b");
  const status = make(html("p"), { role: "status", dir: "auto" });
  const icon = svg("path");
  const launch = make(
    html("button"),
    { "aria-label": texts.open },
    make(svg("svg"), { viewBox: "0 0 24 24" }, icon),
    number,
  );
  const panel = make(html("div"), { class: "panel wait", role: "dialog", "aria-label": texts.open }, status);
  // A style sheet of this kind is allowed by a policy against inline styles.
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(launcherStyle);
  root.adoptedStyleSheets = [sheet];
  // The launcher is at the inline end. The direction of this element selects the side.
  root.append(make(html("div"), { dir: side === "left" ? "rtl" : "ltr" }, panel, launch));
  host.style.setProperty("--a", accent);
  host.style.setProperty("--i", ink);
  host.panel = panel;
  pageDocument.body.append(host);
  const turn = (open: boolean) => {
    panel.hidden = !open;
    launch.ariaExpanded = `${open}`;
    icon.setAttribute("d", open ? FOLD : TALK);
  };
  turn(false);
  return {
    launch,
    turn,
    panel,
    say: (text) => {
      status.textContent = text;
    },
    badge: ({ badge, label }) => {
      number.textContent = badge;
      launch.ariaLabel = label ? `${texts.open}, ${label}` : texts.open;
    },
  };
}
