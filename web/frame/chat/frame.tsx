/** The visitor's chat: reads the page's configuration, connects to the page around it, and renders. */

import loaders from "texts:frame/lazy";
import { loadTexts } from "../../i18n/texts_load";
import { currentLanguage, followPreferences } from "../../storage/preferences";
import * as storage from "../../storage/storage";
import { followInput } from "../../ui/focus_ring";
import { openHostStorage } from "../host/host_storage_open";
import { PageBridge, type VerifiedIdentity } from "../host/page_bridge";
import { readConfig } from "../host/page_config";
import { ChatScreen, pageLanguage } from "./chat_screen";

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
    if (screen) screen.greet();
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
