/** The visitor's chat: reads the page's configuration, connects to the page around it, and renders. */

import loaders from "texts:frame/lazy";
import { followInput } from "../shared/focus_ring";
import { currentLanguage, followPreferences } from "../shared/preferences";
import * as storage from "../shared/storage";
import { loadTexts } from "../shared/texts_load";
import { ChatScreen, pageLanguage } from "./chat_screen";
import { openHostStorage } from "./keeper_ask";
import { PageBridge, type VerifiedIdentity } from "./page_bridge";
import { readConfig } from "./page_config";

const config = readConfig(document);
let shown = window.parent === window;
/** Absent until storage has been read. */
let screen: ChatScreen | undefined;
let verifiedIdentity: VerifiedIdentity;

const bridge = new PageBridge(
  config.origins,
  (nowShown, focus, jwt) => {
    shown = nowShown;
    verifiedIdentity = jwt;
    screen?.show(shown, focus, jwt);
  },
  () => {
    if (screen?.running) bridge.say({ say: "started" });
    if (screen) screen.sendUnread();
    else bridge.unread(0, "");
  },
);

async function start(): Promise<void> {
  // Fetched in parallel: most visitors use the page's language.
  void loadTexts(loaders, pageLanguage);
  await openHostStorage(bridge);
  // Only now: if the page stores values for the frame, the stored preferences have arrived by now.
  followInput(document);
  followPreferences(document, { language: pageLanguage });
  screen = new ChatScreen(config, bridge, await loadTexts(loaders, currentLanguage.value));
  screen.start(shown, verifiedIdentity);
  void storage.sweep();
}

// No `await` at the top level: the bundler would split a module that waits into several files.
void start();
