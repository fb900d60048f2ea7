/** The chat that a visitor sees: reads the page's configuration, joins the parts, and paints. */
import { render } from "preact";
import { Api } from "../shared/api";
import { isPendingList } from "../shared/message_outbox";
import * as storage from "../shared/storage";
import { sharedWords } from "../shared/words";
import { chooseLanguage } from "../shared/words_choose";
import { ChatKeeper } from "./chat_record";
import { ChatSession } from "./chat_session";
import { ChatView } from "./chat_view";
import { frameWords } from "./frame_words";
import { askToKeep } from "./keeper_ask";
import { PageBridge } from "./page_bridge";
import { readConfig } from "./page_config";

const config = readConfig(document);
const { site } = config;
const tag = new URLSearchParams(location.search).get("lang") ?? navigator.language;
const { language, direction } = chooseLanguage(tag);
document.documentElement.lang = language;
document.documentElement.dir = direction;
const root = document.getElementById("app") ?? document.body;
const box = { current: null as HTMLTextAreaElement | null };

let shown = window.parent === window;
let atEnd = true;
/** Absent until we know what storage holds. */
let ready: ChatSession | undefined;

const bridge = new PageBridge(
  config.origins,
  (nowShown, focus) => {
    shown = nowShown;
    if (shown && focus) box.current?.focus();
    watch();
  },
  greet,
);

await askToKeep(bridge);
let draft = storage.get("draft", { site }, storage.isText) ?? "";
const chat = new ChatSession({
  site,
  api: new Api(config.publicUrl, config.nonce),
  keeper: new ChatKeeper(site, config.keepDays),
  kept: storage.get("outbox", { site }, isPendingList) ?? [],
  savePending: (pending) => {
    if (pending.length > 0) storage.set("outbox", { site }, pending);
    else storage.remove("outbox", { site });
  },
  pageOrigin: bridge.connected,
  onRunning: (running) => bridge.say({ say: running ? "started" : "ended" }),
  onChange: paint,
});

function greet(): void {
  if (ready?.running) bridge.say({ say: "started" });
  bridge.unread(ready?.unread ?? 0);
}

function watch(): void {
  ready?.watched(shown && atEnd && document.visibilityState === "visible");
}

function keepDraft(text: string): void {
  draft = text;
  if (text) storage.set("draft", { site }, text);
  else storage.remove("draft", { site });
  paint();
}

/** The text of a refused message goes back into the box, before what stands there. */
function edit(id: string): void {
  keepDraft([chat.outbox.takeBack(id), draft].filter(Boolean).join("\n"));
  box.current?.focus();
}

function paint(): void {
  bridge.unread(chat.unread);
  render(
    <ChatView
      name={config.name}
      keepDays={config.keepDays}
      chat={chat}
      words={{ ...sharedWords[language], ...frameWords[language] }}
      locale={chooseLocale()}
      draft={draft}
      box={box}
      onDraft={keepDraft}
      onEdit={edit}
      onAtEnd={(now) => {
        atEnd = now;
        watch();
      }}
      onClose={() => bridge.say({ say: "close" })}
    />,
    root,
  );
}

/** The page's own tag says more than our language (`de-AT`), when they agree. */
function chooseLocale(): string {
  try {
    return Intl.getCanonicalLocales(tag).find((one) => one.startsWith(language)) ?? language;
  } catch {
    return language;
  }
}

ready = chat;
watch();
document.addEventListener("visibilitychange", watch);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.isComposing) bridge.say({ say: "close" });
});
// The frame has a process of its own, and hears late that it lost the focus: when it is opened again at once, that blurs the
// box which has just been focused, and the frame then gets the focus with nothing in it.
window.addEventListener("focus", () => {
  if (bridge.wantsFocus && document.activeElement === document.body) box.current?.focus();
});
document.addEventListener("pointerdown", () => {
  bridge.wantsFocus = false;
});
paint();
// Shown while storage was looked through: there was no box yet to put the focus into.
if (shown && bridge.wantsFocus) box.current?.focus();
void chat.restore();
void storage.sweep();
