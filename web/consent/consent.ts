/**
 * The script for customers' pages with analytics or marketing, besides the loader: the question, the scripts that wait for the
 * answer, and `window.Crumbless.consent`. It does nothing on sites that need no consent.
 */
import { pageDocument, pageGlobal } from "../core/page_document";
import { openChoices } from "./choices_dialog";
import { type Choice, type External, manageConsent } from "./consent_choice";
import { type ConsentConfig, type Grants, NOTHING } from "./consent_config";
import { isBlocked, type Source } from "./consent_record";
import { addStage, type ConsentView, makeBanner, makeOpener } from "./consent_view";
import { answerFrame } from "./frame_answer";
import { loadWords } from "./texts_load";

/** Inserted by the server, the same for every visitor of the site. */
declare const __CRUMBLESS_CONSENT__: ConsentConfig;

/** On any element of the page: opens the choices. With the value "withdraw" it revokes every consent at once. */
const OPENS = "data-crumbless-consent";

/** The event on `document` after a change; its detail is the choice. */
const CHANGED = "crumbless:consent";

declare global {
  interface Window {
    Crumbless?: object;
  }
}

function start(): void {
  // The page may contain the script twice.
  if ((pageGlobal("Crumbless") as { consent?: unknown } | undefined)?.consent) return;
  const config = __CRUMBLESS_CONSENT__;
  const { origin } = config;
  const external = pageGlobal("CRUMBLESS_CONSENT_EXTERNAL") as External | undefined;
  let view: Promise<ConsentView> | undefined;
  let banner: HTMLElement | undefined;
  let opener: HTMLElement | undefined;

  const choice = manageConsent(config, external, (now) => {
    pageDocument.dispatchEvent(new CustomEvent(CHANGED, { detail: now }));
    tellFrame();
    if (now.needed) void show();
  });
  const tellFrame = answerFrame(
    origin,
    () => choice.get().receipt,
    () => void choice.report(),
  );

  /** Resolves when the whole page is parsed. */
  const parsed = new Promise<unknown>((done) =>
    pageDocument.readyState === "loading" ? addEventListener("DOMContentLoaded", done) : done(null),
  );

  /** The texts that were shown last, for the receipt. */
  let said = config.said;
  const findView = async (): Promise<ConsentView> => {
    said = await loadWords(config);
    await parsed;
    const note = () => (isBlocked() ? said.words.blocked : choice.isSignalled() ? said.words.signal : "");
    const policy = `${origin}/policy/${config.site}?lang=${said.language}`;
    return { stage: addStage(said, config.side), said, note, policy };
  };

  const decide = (grants: Partial<Grants>, source: Source) => {
    if (external) console.error("Crumbless: decided externally");
    else choice.decide(grants, source, said);
  };

  const open = async () => {
    if (external) external.open?.();
    else if (choice.get().needed) {
      view ??= findView();
      openChoices(await view, choice.get(), (grants) => decide(grants, "settings"));
    }
  };

  /** Show the question while it is open, and afterwards the button that opens it again. */
  const show = async () => {
    if (external || (!choice.isOpen() && pageDocument.querySelector(`[${OPENS}]`))) return banner?.remove();
    view ??= findView();
    const shown = await view;
    const focused = banner?.matches(":focus-within");
    if (choice.isOpen()) {
      banner ??= makeBanner(shown, { answer: (grants) => decide(grants, "banner"), choose: () => void open() });
      shown.stage.prepend(banner);
      return;
    }
    banner?.remove();
    if (pageDocument.querySelector(`[${OPENS}]`)) return;
    opener ??= makeOpener(shown, () => void open());
    shown.stage.prepend(opener);
    if (focused) opener.focus();
  };

  if (choice.get().needed) {
    // A frame that asked before this script ran got no answer. Before "load" the frame may have no page, and a message would
    // cause an error.
    addEventListener("load", tellFrame);
    pageDocument.addEventListener("click", (event) => {
      const [pressed] = event.composedPath();
      // Not the element's own method: a form's `closest` may be an input of that name.
      const way = pressed instanceof Element && Element.prototype.closest.call(pressed, `[${OPENS}]`);
      if (!way) return;
      event.preventDefault();
      if (way.getAttribute(OPENS) === "withdraw") decide(NOTHING, "settings");
      else void open();
    });
    void parsed.then(show);
  }
  // This comes last, because a getter of the page may throw here.
  window.Crumbless = {
    ...(pageGlobal("Crumbless") as object),
    consent: {
      get: choice.get,
      set: (grants: Partial<Grants>) => decide(grants, "api"),
      withdraw: () => decide(NOTHING, "api"),
      open,
      on: (_: "change", listener: (now: Choice) => void) =>
        pageDocument.addEventListener(CHANGED, (event) => listener((event as CustomEvent<Choice>).detail)),
    },
  };
}

try {
  start();
} catch (fault) {
  console.error("Crumbless:", fault);
}
