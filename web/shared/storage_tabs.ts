/**
 * Keeps tabs in step. What is shared between them (localStorage, IndexedDB) is told over a channel, because IndexedDB tells
 * nobody and memory is not shared; the browser's own `storage` events add what happens past our code, as when the person
 * clears the site's data.
 */
import { type ItemName, itemOf, nameOf } from "./storage_keys";
import { dropText, guarded, memory, valuesLost } from "./storage_places";

type Watcher = () => void;

const watchers = new Map<string, Set<Watcher>>();
/** Stands for every key. */
const ANY = "*";
let channel: BroadcastChannel | null | undefined;

/** Opens the line to the other tabs; null where there is none. Once is enough. */
function line(): BroadcastChannel | null {
  if (channel === undefined) {
    channel = guarded(() => new BroadcastChannel("crumbless.storage"));
    channel?.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
      if (typeof data === "string") onMessage(data);
    });
    // No key: all were cleared.
    globalThis.addEventListener?.("storage", ({ key }: StorageEvent) => (key === null ? alertAll() : alert(key)));
    valuesLost.hear = alertAll;
  }
  return channel;
}

/** Another tab has written or removed a shared item: a copy that this page alone holds is out of date. */
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

/** Begins to listen; needed by whoever holds a copy of something shared. */
export const listen = (): void => void line();

/** This page has changed the item under `key`; `everywhere` when other tabs can see it. */
export function announce(key: string, everywhere: boolean): void {
  const name = nameOf(key);
  if (everywhere && name && isShared(name)) guarded(() => line()?.postMessage(key));
  alert(key);
}

/** Calls `watcher` after each change of the item under `key`, here or in another tab, perhaps more than once. */
export function watchKey(key: string, watcher: Watcher): () => void {
  line();
  const those = watchers.get(key) ?? new Set();
  watchers.set(key, those.add(watcher));
  return () => those.delete(watcher);
}

/** Calls `watcher` after each change of any item, here or in another tab, perhaps more than once. */
export const watchAll = (watcher: Watcher): (() => void) => watchKey(ANY, watcher);
