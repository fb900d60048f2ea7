import { render } from "preact";
import { useMemo } from "preact/hooks";
import { Api } from "../../core/api";
import { chooseLanguage } from "../../i18n/language";
import { followPreferences, notifications, sound } from "../../storage/preferences";
import * as storage from "../../storage/storage";
import { followInput } from "../../ui/focus_ring";
import type { Entry } from "../../wire/timeline";
import "../../ui/theme.css";
// Before those of the desk, whose rules take precedence.
import "../../ui/kit/controls.css";
import "../../ui/kit/layers.css";
import "../../ui/kit/data.css";
import "../../ui/kit/table.css";
import "./desk.css";
import { importPart } from "../../core/import_part";
import { MessageSound } from "../../ui/notification_sound";
import { TranslationsContext, translationsOf } from "../core/desk_context";
import { readEntryLink, readRoute } from "../core/desk_route";
import { LazyPart } from "../core/lazy";
import { readReturn } from "../sign_in/oidc_redirect";
import { SignInView } from "../sign_in/sign_in_view";
import { DeskArrangement } from "../state/layout_preferences";
import { DeskApp } from "./desk_app";
import { DeskSession } from "./desk_session";
import { deskTexts, followLanguage } from "./desk_texts";
import { DeskView } from "./desk_view";
import { notify } from "./desktop_notification";

/** The configuration that the server writes into the page; see docs/protocol.md. */
interface PageConfiguration {
  readonly nonce: string;
  readonly publicUrl: string;
}

function readConfiguration(): PageConfiguration {
  const written = document.querySelector<HTMLMetaElement>('meta[name="crumbless"]')?.content;
  if (!written) throw new Error("the page has no configuration: Crumbless must serve it");
  return JSON.parse(written) as PageConfiguration;
}

const loadFactorSetUp = importPart(() => import("../account/factor_set_up").then((it) => it.FactorSetUp));
const loadEntry = importPart(() => import("../sign_in/link_landing").then((it) => it.EntryView));

interface DeskProperties {
  readonly api: Api;
  readonly app: DeskApp;
  readonly arrangement: DeskArrangement;
}

function Desk({ api, app, arrangement }: DeskProperties) {
  const stage = app.stage.value;
  const texts = deskTexts.value;
  const translations = useMemo(() => texts && translationsOf(texts.words, texts.language, navigator.language), [texts]);
  if (!translations) return null;
  return (
    <TranslationsContext.Provider value={translations}>
      {stage.kind === "signed-out" && (
        <SignInView
          notice={stage.notice(translations.words)}
          secure={globalThis.crypto?.subtle !== undefined}
          failure={stage.failure}
          api={api}
          knownKey={app.knownKey}
          onEntered={(entered) => app.enter(entered)}
        />
      )}
      {stage.kind === "link" && (
        <LazyPart
          load={loadEntry}
          properties={{
            link: stage.link,
            api,
            onEntered: (entered) => app.enter(entered),
            onLeave: (notice) => void app.leaveLink(notice ? () => notice : undefined),
          }}
        />
      )}
      {stage.kind === "setting-up" && (
        <LazyPart
          load={loadFactorSetUp}
          properties={{
            call: stage.call,
            operator: stage.entered.answer.operator,
            onDone: (expiresAt) => app.finishSetUp(stage.entered, expiresAt),
            onLeave: () => app.leaveSetUp(stage.call),
          }}
        />
      )}
      {stage.kind === "signed-in" && (
        <DeskView
          feed={stage.feed}
          call={stage.call}
          failure={stage.failure}
          arrangement={arrangement}
          lasting={app.persistent}
          onSignOut={() => void app.signOut()}
        />
      )}
    </TranslationsContext.Provider>
  );
}

function start(page: HTMLElement): void {
  const { nonce, publicUrl } = readConfiguration();
  followInput(document);
  followPreferences(document, { language: chooseLanguage(navigator.language).language, sound: true });
  // In parallel with the first requests of the app. The server has already let the browser preload its own language.
  followLanguage();
  const arrangement = new DeskArrangement();
  arrangement.follow();
  const api = new Api(publicUrl, nonce);
  const app = new DeskApp({
    session: new DeskSession(api),
    ring: callOut(),
    isVisible: () => document.visibilityState === "visible",
    route: () => readRoute(location.hash),
  });
  render(<Desk api={api} app={app} arrangement={arrangement} />, page);
  arrive(app);
  followPage(app);
  void storage.sweep();
}

/** Handle the reason for opening the page: the link of an email, the return from a provider, or a normal visit. */
function arrive(app: DeskApp): void {
  const { href, pathname } = location;
  if (followLink(app)) return;
  const parameters = readReturn(new URL(href));
  if (!parameters) return void app.start();
  goTo("#/");
  void app.arrive(pathname, parameters).then(goTo);
}

/** Follow the link of an email. Its secret is removed at once from the address and from the browser's history. */
function followLink(app: DeskApp): boolean {
  const link = readEntryLink(location.hash);
  if (!link) return false;
  goTo("#/");
  app.follow(link);
  return true;
}

function goTo(fragment: string): void {
  history.replaceState(null, "", `/desk/${fragment}`);
  dispatchEvent(new HashChangeEvent("hashchange"));
}

/** Return a function that announces visitors' unseen messages in the ways that the operator has chosen. */
function callOut(): (unseen: readonly Entry[]) => void {
  const bell = new MessageSound();
  bell.arm(document);
  return (unseen) => {
    if (sound.value) bell.play();
    if (!notifications.value || document.visibilityState === "visible") return;
    const words = deskTexts.peek()?.words;
    if (words)
      notify(unseen, ({ author }) => words.newMessageFrom({ name: author.name || words.conversation.visitor }));
  };
}

/** Handle changes of the page's address, visibility and network. */
function followPage(app: DeskApp): void {
  // Nothing is written on unload: Firefox cancels the write, and WebKit leaves it unfinished in its page cache.
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") void app.checkKept();
  });
  addEventListener("hashchange", () => void followLink(app));
  addEventListener("focus", () => void app.checkKept());
  storage.watch("deskSession", {}, () => void app.checkKept());
}

const page = document.getElementById("app");
if (page) start(page);
