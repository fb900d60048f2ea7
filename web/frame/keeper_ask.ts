/** Asks the page around the frame to keep the chat for the tab, where the browser gives the frame no storage. */
import type { KeeperAnswers, KeeperAsks } from "../shared/keeper_words";
import * as storage from "../shared/storage";
import type { PageBridge } from "./page_bridge";

/** A page that does not answer by then does not keep; the chat then lasts as long as the page. */
const ANSWER_DEADLINE_MS = 8_000;

/** Resolves once storage is as good as it gets: at once where the browser's own works. */
export async function askToKeep(bridge: PageBridge): Promise<void> {
  if (window.parent === window || !(await storage.isBlocked())) return;
  await Promise.race([
    bridge.connected().then(() => recall(bridge)),
    new Promise((go) => setTimeout(go, ANSWER_DEADLINE_MS)),
  ]);
}

function recall(bridge: PageBridge): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = ({ data: { held, able } }: MessageEvent<KeeperAnswers>) => {
      if (able) storage.mirrorMemory(held, (key, kept) => port1.postMessage({ key, kept } satisfies KeeperAsks));
      resolve();
    };
    bridge.say({ say: "keep" }, port2);
  });
}
