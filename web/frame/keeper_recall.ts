/** Has the page around the frame keep the chat for the tab. For browsers that give the frame no storage. */
import type { KeeperAnswers, KeeperAsks } from "../shared/keeper_words";
import * as storage from "../shared/storage";
import type { PageBridge } from "./page_bridge";

/** Resolves once the page has told what it holds. */
export function recall(bridge: PageBridge): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = ({ data: { held, able } }: MessageEvent<KeeperAnswers>) => {
      if (able) storage.mirrorMemory(held, (key, kept) => port1.postMessage({ key, kept } satisfies KeeperAsks));
      resolve();
    };
    bridge.say({ say: "keep" }, port2);
  });
}
