/** Asks the page around the frame to keep the chat for the tab, where the browser gives the frame no storage. */
import * as storage from "../shared/storage";
import { recall } from "./keeper_recall";
import type { PageBridge } from "./page_bridge";

/** A page that does not answer by then does not keep; the chat then lasts as long as the page. */
const ANSWER_DEADLINE_MS = 8_000;

/** Resolves once storage is as good as it gets: at once where the browser's own works. */
export async function askToKeep(bridge: PageBridge): Promise<void> {
  if (window.parent === window || !(await storage.isBlocked())) return;
  await Promise.race([
    bridge
      .connected()
      .then(() => recall(bridge))
      .catch(() => undefined),
    new Promise((go) => setTimeout(go, ANSWER_DEADLINE_MS)),
  ]);
}
