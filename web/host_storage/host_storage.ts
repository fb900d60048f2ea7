/**
 * Stores a chat for the tab in the storage of the page around it, if the browser gives the frame none. Private windows and strict
 * settings block the storage of frames from other sites. The loader fetches this module only if its frame asks for it.
 *
 * The page's other scripts can read the stored values. The key among them cannot be exported, so that a copy gives no access.
 * They can read text that the visitor has not sent yet, which the page could log anyway.
 */

import { uuid7 } from "../core/ids";
import * as storage from "../storage/storage";
import type { HostStorageRequest, HostStorageResponse } from "./host_storage_messages";

type Held = Map<string, storage.Kept>;

const isHeld = (value: unknown): value is Held => value instanceof Map;

/** Serve the frame of `site` over `port`: send the values stored for this tab, then store the values that the frame sends. */
export async function serve(site: string, port: MessagePort): Promise<void> {
  const found = storage.get("tab", { site }, storage.isText);
  const held: Held = new Map(found ? await storage.getValue("held", { id: found }, isHeld) : null);
  const hold = writer(site, found && (await claim(found)) ? found : await newId(), held);
  port.onmessage = ({ data: { key, kept } }: MessageEvent<HostStorageRequest>) => {
    if (kept) held.set(key, kept);
    else held.delete(key);
    hold();
  };
  const answers: HostStorageResponse = { held: [...held], able: !(await storage.isBlocked()) };
  port.postMessage(answers);
  void storage.sweep();
}

/**
 * Claim an ID for this tab, for as long as the page lives. The result is false if another tab has it. A duplicated tab, or one
 * that a page opened, starts with a copy of the first one's session storage. Without a claim the two would overwrite each other's
 * values.
 */
function claim(id: string): Promise<boolean> {
  // A page without TLS has no locks.
  if (!navigator.locks) return Promise.resolve(true);
  return new Promise((resolve) => {
    const request = navigator.locks.request(`crumbless.held.${id}`, { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      return lock && new Promise(() => undefined);
    });
    // If the user forbids the page to store anything, locks are denied too, and no tab has anything to share.
    request.catch(() => resolve(true));
  });
}

async function newId(): Promise<string> {
  const id = uuid7();
  await claim(id);
  return id;
}

/** Write the newest state. Changes during a write are combined in the next one. */
function writer(site: string, id: string, held: Held): () => void {
  let writing = false;
  let again = false;
  const write = async (): Promise<void> => {
    if (held.size > 0) {
      storage.set("tab", { site }, id);
      await storage.setValue("held", { id }, held);
    } else {
      storage.remove("tab", { site });
      await storage.removeValue("held", { id });
    }
  };
  return () => {
    again = true;
    if (writing) return;
    writing = true;
    void (async () => {
      while (again) {
        again = false;
        await write();
      }
      writing = false;
    })();
  };
}
