/** Asks the page around the frame to keep the chat for the tab, where the browser gives the frame no storage. */
import * as storage from "../shared/storage";
import { restoreHostStorage } from "./keeper_recall";
import type { PageBridge } from "./page_bridge";

/** A page that does not answer by then does not keep; the chat then lasts as long as the page. */
const RESPONSE_DEADLINE_MS = 8_000;

/** Resolves once storage is as good as it gets: at once where the browser's own works. */
export async function openHostStorage(bridge: PageBridge): Promise<void> {
  if (window.parent === window || !(await storage.isBlocked())) return;
  await Promise.race([
    bridge
      .connected()
      .then(() => restoreHostStorage(bridge))
      .catch(() => undefined),
    new Promise((go) => setTimeout(go, RESPONSE_DEADLINE_MS)),
  ]);
}
