import { render } from "preact";
import { useMemo } from "preact/hooks";
import { Api } from "../shared/api";
import { followPreferences, notifications, sound, spoken } from "../shared/preferences";
import * as storage from "../shared/storage";
import type { Entry } from "../shared/wire";
import { chooseLanguage, sharedWords } from "../shared/words";
import "../shared/theme.css";
import "./desk.css";
import { MessageSound } from "../shared/sound_play";
import { DeskApp } from "./desk_app";
import { DeskArrangement } from "./desk_arrangement";
import { SpeechContext, speechOf } from "./desk_context";
import { readRoute } from "./desk_route";
import { DeskSession } from "./desk_session";
import { DeskView } from "./desk_view";
import { deskWords } from "./desk_words";
import { notify } from "./message_notify";
import { SignInView } from "./sign_in_view";

/** What the server writes into the page; see docs/protocol.md. */
interface PageConfiguration {
  readonly nonce: string;
  readonly publicUrl: string;
}

function readConfiguration(): PageConfiguration {
  const written = document.querySelector<HTMLMetaElement>('meta[name="crumbless"]')?.content;
  if (!written) throw new Error("the page has no configuration: it must be served by Crumbless");
  return JSON.parse(written) as PageConfiguration;
}

interface DeskProperties {
  readonly app: DeskApp;
  readonly arrangement: DeskArrangement;
}

function Desk({ app, arrangement }: DeskProperties) {
  const stage = app.stage.value;
  const speech = useMemo(() => speechOf(spoken.value, navigator.language), [spoken.value]);
  return (
    <SpeechContext.Provider value={speech}>
      {stage.kind === "signed-out" && (
        <SignInView
          notice={stage.notice}
          secure={globalThis.crypto?.subtle !== undefined}
          onSignIn={(email, password) => app.signIn(email, password)}
        />
      )}
      {stage.kind === "at-work" && (
        <DeskView
          feed={stage.feed}
          arrangement={arrangement}
          lasting={app.lasting}
          onSignOut={() => void app.signOut()}
        />
      )}
    </SpeechContext.Provider>
  );
}

function start(page: HTMLElement): void {
  const { nonce, publicUrl } = readConfiguration();
  followPreferences(document, { language: chooseLanguage(navigator.language).language, sound: true });
  const arrangement = new DeskArrangement();
  arrangement.follow();
  const app = new DeskApp({
    session: new DeskSession(new Api(publicUrl, nonce)),
    get words() {
      return deskWords[spoken.peek()];
    },
    ring: callOut(),
    isVisible: () => document.visibilityState === "visible",
    route: () => readRoute(location.hash),
  });
  render(<Desk app={app} arrangement={arrangement} />, page);
  void app.start();
  followPage(app);
  void storage.sweep();
}

/** How a visitor's words that nobody looks at are made known: as far as the operator wants it. */
function callOut(): (unseen: readonly Entry[]) => void {
  const bell = new MessageSound();
  bell.arm(document);
  return (unseen) => {
    if (sound.peek()) bell.play();
    if (!notifications.peek() || document.visibilityState === "visible") return;
    const language = spoken.peek();
    notify(unseen, ({ author }) => deskWords[language].newMessageFrom(author.name || sharedWords[language].visitor));
  };
}

/** What the page's coming and going asks for. */
function followPage(app: DeskApp): void {
  addEventListener("pagehide", () => void app.leave());
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") void app.leave();
    else void app.checkKept();
  });
  addEventListener("focus", () => void app.checkKept());
  storage.watch("deskSession", {}, () => void app.checkKept());
}

const page = document.getElementById("app");
if (page) start(page);
