import "./consent.css";
/** What the visitor sees, in a shadow root of its own at the beginning of the page: the question, and the way back to it. */
import { pageDocument } from "../shared/page_document";
import { forEach, type Grants, NOTHING, type Said } from "./consent_config";
import { make } from "./element_make";

declare const __CRUMBLESS_CONSENT_STYLE__: string;

/** The element's name; also how tools that answer banners for people find ours. */
const HOST_NAME = "crumbless-consent";

export interface ConsentView {
  /** Everything is put in here. */
  stage: HTMLElement;
  said: Said;
  /** What to tell beside the question: a signal of the browser, or that nothing can be kept. */
  note: () => string;
  policy: string;
}

/** Adds our element to the page: first in the body, so that it is met first by whoever cannot see it. */
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

/** Return a text with its one value. The catalogue has no plurals for this surface, so that no more is needed here. */
export const fill = (text: string, value: string): string => text.replace(/{\w+}/, () => value);

/** The three ways to answer are the same element, in the same size and colour, one click each. */
export const answerButton = (name: string, text: string, act: () => void): HTMLButtonElement =>
  make("button", { type: "button", class: `answer ${name}`, click: act }, text);

export const policyLink = ({ said: { words }, policy }: ConsentView): HTMLAnchorElement =>
  make("a", { href: policy }, words.policy);

export interface BannerActions {
  answer: (grants: Grants) => void;
  choose: () => void;
}

/** The first layer. It takes no focus, holds none, and no key closes it. */
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

/** The way back to the choices, for pages that offer none of their own. */
export const makeOpener = ({ said: { words } }: ConsentView, open: () => void): HTMLButtonElement =>
  make("button", { type: "button", class: "opener", click: open }, words.open);
