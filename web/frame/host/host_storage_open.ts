/** Asks the page around the frame to store the chat for the tab, if the browser gives the frame no storage. */
import * as storage from "../../storage/storage";
import { restoreHostStorage } from "./host_storage_restore";
import type { PageBridge } from "./page_bridge";

/** Without a response by then, the page does not store the chat, which then lasts as long as the page. */
const RESPONSE_DEADLINE_MS = 8_000;

/** Resolve when storage is ready: at once if the browser's own works. */
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
