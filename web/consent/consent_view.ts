import "./consent.css";
/** The visible part, in a separate shadow root at the beginning of the page: the question, and the button that opens it again. */
import { pageDocument } from "../core/page_document";
import { forEach, type Grants, NOTHING, type Said } from "./consent_config";
import { make } from "./dom";

declare const __CRUMBLESS_CONSENT_STYLE__: string;

/** The element's name. Tools that answer banners automatically also find ours by it. */
const HOST_NAME = "crumbless-consent";

export interface ConsentView {
  /** The parent of all our elements. */
  stage: HTMLElement;
  said: Said;
  /** Returns a note for the question: the browser sends a signal, or nothing can be stored. */
  note: () => string;
  policy: string;
}

/** Add our element to the page. It is the first in the body, so that a screen reader reads it first. */
export function addStage({ language, direction }: Said, side: "left" | "right"): HTMLElement {
  const host = make(HOST_NAME as "div");
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(__CRUMBLESS_CONSENT_STYLE__);
  const root = host.attachShadow({ mode: "open" });
  root.adoptedStyleSheets = [sheet];
  const stage = make("div", { class: `stage ${side}`, lang: language, dir: direction });
  root.append(stage);
  pageDocument.body.prepend(host);
  return stage;
}

/** Return a text with its one value. The catalogue has no plurals for this surface, so that this is sufficient. */
export const fill = (text: string, value: string): string => text.replace(/{\w+}/, () => value);

/** Return an answer button. The three answers are equal: same element, size and colour, one click each. */
export const answerButton = (name: string, text: string, onClick: () => void): HTMLButtonElement =>
  make("button", { type: "button", class: `answer ${name}`, click: onClick }, text);

export const policyLink = ({ said: { words }, policy }: ConsentView): HTMLAnchorElement =>
  make("a", { href: policy }, words.policy);

export interface BannerActions {
  answer: (grants: Grants) => void;
  choose: () => void;
}

/** Return the first layer. It neither takes nor traps the focus, and no key closes it. */
export function makeBanner(view: ConsentView, { answer, choose }: BannerActions): HTMLElement {
  const { words, language, services } = view.said;
  const names = new Intl.ListFormat(language).format(services.map(({ title }) => title));
  const note = view.note();
  return make(
    "section",
    { class: "card banner", role: "region", "aria-label": words.title },
    make("h2", {}, words.title),
    make("p", {}, fill(words.ask, names), " ", policyLink(view)),
    note && make("p", { class: "note" }, note),
    make(
      "div",
      { class: "answers" },
      answerButton("accept", words.accept, () => answer(forEach(() => true))),
      answerButton("reject", words.reject, () => answer(NOTHING)),
      answerButton("choose", words.choose, choose),
    ),
  );
}

/** Return the button that opens the choices, for pages without such a control. */
export const makeOpener = ({ said: { words } }: ConsentView, open: () => void): HTMLButtonElement =>
  make("button", { type: "button", class: "opener", click: open }, words.open);
