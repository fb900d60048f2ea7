/** Lets the page around the frame store the chat for the tab, for browsers that give the frame no storage. */
import type { HostStorageRequest, HostStorageResponse } from "../../host_storage/host_storage_messages";
import * as storage from "../../storage/storage";
import type { PageBridge } from "./page_bridge";

/** Resolve once the page has sent its stored values. */
export function restoreHostStorage(bridge: PageBridge): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = ({ data: { held, able } }: MessageEvent<HostStorageResponse>) => {
      if (able)
        storage.mirrorMemory(held, (key, kept) => port1.postMessage({ key, kept } satisfies HostStorageRequest));
      resolve();
    };
    bridge.say({ say: "keep" }, port2);
  });
}
