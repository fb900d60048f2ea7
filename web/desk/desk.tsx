import { render } from "preact";
import { Api } from "../shared/api";
import * as storage from "../shared/storage";
import { chooseLanguage } from "../shared/words";
import "../shared/theme.css";
import "./desk.css";
import { MessageSound } from "../shared/sound_play";
import { DeskApp } from "./desk_app";
import { type Speech, SpeechContext, speechOf } from "./desk_context";
import { readRoute } from "./desk_route";
import { DeskSession } from "./desk_session";
import { DeskView } from "./desk_view";
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

function Desk({ app, speech }: { readonly app: DeskApp; readonly speech: Speech }) {
  const stage = app.stage.value;
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
        <DeskView feed={stage.feed} lasting={app.lasting} onSignOut={() => void app.signOut()} />
      )}
    </SpeechContext.Provider>
  );
}

function start(page: HTMLElement): void {
  const { nonce, publicUrl } = readConfiguration();
  const { language, direction } = chooseLanguage(navigator.language);
  document.documentElement.lang = language;
  document.documentElement.dir = direction;
  const speech = speechOf(language, navigator.language);
  const sound = new MessageSound();
  sound.arm(document);
  const app = new DeskApp({
    session: new DeskSession(new Api(publicUrl, nonce)),
    words: speech.words,
    ring: () => sound.play(),
    isVisible: () => document.visibilityState === "visible",
    route: () => readRoute(location.hash),
  });
  render(<Desk app={app} speech={speech} />, page);
  void app.start();
  followPage(app);
  void storage.sweep();
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
