/**
 * Keeps a chat for the tab in the storage of the page around it, where the browser gives the frame none of its own: private
 * windows and strict settings block the storage of frames from other sites. The loader fetches this only when its frame asks.
 *
 * What is kept here is within reach of the page's other scripts. The key among it cannot be exported, so that nothing they
 * copy lets anybody in; what they can read is text the visitor has not sent yet, which the page could log anyway.
 */

import { uuid7 } from "../shared/ids";
import type { HostStorageRequest, HostStorageResponse } from "../shared/keeper_words";
import * as storage from "../shared/storage";

type Held = Map<string, storage.Kept>;

const isHeld = (value: unknown): value is Held => value instanceof Map;

/** Serves the frame of `site` over `port`: tells what is held for this tab, then holds what the frame says. */
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
 * Takes an id for this tab, for as long as the page lives. False when another tab has it: a duplicated tab, or one that a
 * page opened, begins with a copy of the first one's session storage, and the two would write over one another.
 */
function claim(id: string): Promise<boolean> {
  // A page without TLS has no locks.
  if (!navigator.locks) return Promise.resolve(true);
  return new Promise((tell) => {
    const asked = navigator.locks.request(`crumbless.held.${id}`, { ifAvailable: true }, (lock) => {
      tell(lock !== null);
      return lock && new Promise(() => undefined);
    });
    // Where the person lets the page keep nothing, locks are denied too, and no tab has anything to share.
    asked.catch(() => tell(true));
  });
}

async function newId(): Promise<string> {
  const id = uuid7();
  await claim(id);
  return id;
}

/** Writes the newest state; what comes while a write runs shares the next. */
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
