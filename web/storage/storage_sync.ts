/**
 * Synchronises tabs. Changes of shared storage (localStorage, IndexedDB) are announced on a channel, because IndexedDB sends no
 * events and memory is not shared. The browser's own `storage` events report changes outside our code, such as when the user
 * clears the site's data.
 */

import { dropText, guarded, memory, valuesLost } from "./storage_backends";
import { type ItemName, itemOf, nameOf } from "./storage_keys";

type Watcher = () => void;

const watchers = new Map<string, Set<Watcher>>();
/** Matches every key. */
const ANY = "*";
let channel: BroadcastChannel | null | undefined;

/** Open the channel to the other tabs once; null if the browser has none. */
function line(): BroadcastChannel | null {
  if (channel === undefined) {
    channel = guarded(() => new BroadcastChannel("crumbless.storage"));
    channel?.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
      if (typeof data === "string") onMessage(data);
    });
    // Without a key, all items were deleted.
    globalThis.addEventListener?.("storage", ({ key }: StorageEvent) => (key === null ? alertAll() : alert(key)));
    valuesLost.onLoss = alertAll;
  }
  return channel;
}

/** Another tab has written or deleted a shared item. A copy that only this page holds is out of date. */
function onMessage(key: string): void {
  const name = nameOf(key);
  if (!name || !isShared(name)) return;
  memory.delete(key);
  if (itemOf(name).fallback) dropText("sessionStorage", key);
  alert(key);
}

function alert(key: string): void {
  for (const watcher of [...(watchers.get(key) ?? []), ...(watchers.get(ANY) ?? [])]) watcher();
}

function alertAll(): void {
  for (const key of [...watchers.keys()]) alert(key);
}

const isShared = (name: ItemName): boolean => itemOf(name).mechanism !== "sessionStorage";

/** Start to listen. Every holder of a copy of a shared value needs this. */
export const listen = (): void => void line();

/** Announce that this page has changed the item under `key`; `everywhere` if other tabs can read it. */
export function announce(key: string, everywhere: boolean): void {
  const name = nameOf(key);
  if (everywhere && name && isShared(name)) guarded(() => line()?.postMessage(key));
  alert(key);
}

/** Call `watcher` after each change of the item under `key` in this tab or another, perhaps more than once. */
export function watchKey(key: string, watcher: Watcher): () => void {
  line();
  const those = watchers.get(key) ?? new Set();
  watchers.set(key, those.add(watcher));
  return () => those.delete(watcher);
}

/** Call `watcher` after each change of any item in this tab or another, perhaps more than once. */
export const watchAll = (watcher: Watcher): (() => void) => watchKey(ANY, watcher);
