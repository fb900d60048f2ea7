/**
 * The store: the way to everything that is kept in a browser. It can write only what storage.toml declares, never beyond the
 * declared lifetime, and it never throws because of the browser: storage may be blocked, full, or hold somebody else's bytes.
 */
import {
  type Guard,
  itemOf,
  type KeyParts,
  keyOf,
  nameOf,
  type StoredValue,
  type Surface,
  type TextItemName,
  usable,
  type ValueItemName,
  wrap,
} from "./storage_keys";
import { readText, removeKey, removeWhere } from "./storage_list";
import {
  dropText,
  guarded,
  keysIn,
  type Mirror,
  memory,
  TEXT_PLACES,
  type TextPlace,
  textStore,
  valueStore,
} from "./storage_places";
import { announce, listen, watchKey } from "./storage_tabs";
import type { ItemValues } from "./storage_values";

export type {
  Guard,
  ItemName,
  KeyParts,
  StoredValue as Kept,
  Surface,
  TextItemName,
  ValueItemName,
} from "./storage_keys";
export { clearAll, list, removeStored, type Stored } from "./storage_list";
export type { Mirror } from "./storage_places";
export { watchAll } from "./storage_tabs";
export type { ItemValues } from "./storage_values";

/** How long a value lasts where it was put: across tabs, for this tab, or until this page goes away. */
export type Durability = "device" | "tab" | "memory";

/** Whether the browser keeps anything here at all: texts for the tab, and records. Writes nothing. */
export async function isBlocked(): Promise<boolean> {
  return !textStore("sessionStorage") || !(await valueStore());
}

/**
 * Lets somebody else (the page around the frame) keep for the tab what would otherwise live in memory only.
 *
 * @param held what was kept there before; what is unusable is passed over
 */
export function mirrorMemory(held: Iterable<readonly [string, unknown]>, mirror: Mirror): void {
  for (const [key, found] of held) {
    const kept = usable(key, found);
    if (kept) memory.set(key, kept);
  }
  // Preferences are not the frame's alone, and the page around it is not promised to be given them.
  memory.mirror = (key, kept) => isOfOneSurface(key) && mirror(key, kept);
}

function isOfOneSurface(key: string): boolean {
  const name = nameOf(key);
  return name !== null && itemOf(name).surfaces.length === 1;
}

/** Whether somebody else keeps for the tab what this page has in memory. */
export const isMirrored = (): boolean => memory.mirror !== null;

/** Keeps in memory what no store took. */
function remember(key: string, kept: StoredValue): Durability {
  listen();
  memory.set(key, kept);
  announce(key, false);
  return memory.mirror && isOfOneSurface(key) ? "tab" : "memory";
}

/** Memory holds only what no store took: what is there is newer than what a store may still hold. */
function readMemory(key: string): StoredValue | null {
  const kept = usable(key, memory.get(key));
  if (!kept) memory.delete(key);
  return kept;
}

/** The stores of texts an item may stand in, best first. */
const placesOf = (name: TextItemName | ValueItemName): TextPlace[] => {
  const { mechanism, fallback } = itemOf(name);
  return TEXT_PLACES.filter((place) => place === mechanism || place === fallback);
};

function findText(name: TextItemName | ValueItemName, key: string): StoredValue | null {
  let kept = readMemory(key);
  for (const place of placesOf(name)) {
    kept ??= readText(place, key);
    if (kept && place !== itemOf(name).mechanism) listen();
  }
  return kept;
}

/**
 * Writes into the first store that takes it, and out of the others. A store that refuses must not keep an older value either:
 * that would come back later.
 */
function writeText(name: TextItemName | ValueItemName, key: string, kept: StoredValue): TextPlace | null {
  const text = JSON.stringify(kept);
  let taken: TextPlace | null = null;
  for (const place of placesOf(name)) {
    const writes = () => {
      const store = textStore(place);
      store?.setItem(key, text);
      return store && place;
    };
    taken ??= guarded(writes);
    if (taken !== place) dropText(place, key);
  }
  return taken;
}

/**
 * Reads an item. Returns null when it is absent or not what `is` accepts; what is unusable (corrupt, past its end, of another
 * version, somebody else's) is dropped.
 */
export function get<N extends TextItemName>(name: N, parameters: KeyParts<N>, is: Guard<N>): ItemValues[N] | null {
  const kept = findText(name, keyOf(name, parameters));
  if (!kept) return null;
  if (is(kept.v)) return kept.v;
  remove(name, parameters);
  return null;
}

/** The time (ms since 1970) at which the item will be dropped, or null when there is none. */
export function expiryOf<N extends TextItemName>(name: N, parameters: KeyParts<N>): number | null {
  return findText(name, keyOf(name, parameters))?.until ?? null;
}

/**
 * Keeps a JSON value for `lifetime` ms, at most (and when absent) the declared lifetime.
 * Returns how long it will last there; it is never lost while the page lives.
 */
export function set<N extends TextItemName>(
  name: N,
  parameters: KeyParts<N>,
  value: ItemValues[N],
  lifetime?: number,
): Durability {
  const key = keyOf(name, parameters);
  const kept = wrap(itemOf(name), value, lifetime);
  const taken = writeText(name, key, kept);
  if (!taken) return remember(key, kept);
  memory.delete(key);
  if (taken !== itemOf(name).mechanism) listen();
  announce(key, taken === "localStorage");
  return taken === "localStorage" ? "device" : "tab";
}

/** Removes an item wherever it stands. */
export function remove<N extends TextItemName>(name: N, parameters: KeyParts<N>): void {
  void removeKey(keyOf(name, parameters));
}

/** Reads an item of IndexedDB, as `get` reads a text. */
export async function getValue<N extends ValueItemName>(
  name: N,
  parameters: KeyParts<N>,
  is: Guard<N>,
): Promise<ItemValues[N] | null> {
  const key = keyOf(name, parameters);
  const found = findText(name, key) ?? (await (await valueStore())?.get(key)) ?? null;
  const kept = usable(key, found);
  if (kept && is(kept.v)) return kept.v;
  if (found) await removeValue(name, parameters);
  return null;
}

/** Whether an item of IndexedDB is known to be absent: false also when the browser does not say. */
export async function isValueAbsent<N extends ValueItemName>(name: N, parameters: KeyParts<N>): Promise<boolean> {
  const key = keyOf(name, parameters);
  return !findText(name, key) && (await (await valueStore())?.get(key)) === undefined;
}

/** Keeps a structured value (it may hold a CryptoKey) as `set` keeps a text. */
export async function setValue<N extends ValueItemName>(
  name: N,
  parameters: KeyParts<N>,
  value: ItemValues[N],
  lifetime?: number,
): Promise<Durability> {
  const key = keyOf(name, parameters);
  const kept = wrap(itemOf(name), value, lifetime);
  const records = await valueStore();
  if (await records?.put(key, kept)) {
    for (const place of placesOf(name)) dropText(place, key);
    memory.delete(key);
    announce(key, true);
    return "device";
  }
  await records?.delete(key);
  if (!writeText(name, key, kept)) return remember(key, kept);
  memory.delete(key);
  listen();
  announce(key, false);
  return "tab";
}

/** Removes an item of IndexedDB; a copy outside of it at once. */
export function removeValue<N extends ValueItemName>(name: N, parameters: KeyParts<N>): Promise<boolean> {
  return removeKey(keyOf(name, parameters));
}

/** Calls `onChange` after the item was changed or removed, in this page or another tab, perhaps more than once. Returns what ends it. */
export function watch<N extends TextItemName | ValueItemName>(
  name: N,
  parameters: KeyParts<N>,
  onChange: () => void,
): () => void {
  return watchKey(keyOf(name, parameters), onChange);
}

/**
 * Removes every item of a surface: texts and memory before it returns, records when the promise settles.
 * Returns whether all of them are gone.
 */
export function clear(surface: Surface): Promise<boolean> {
  return removeWhere((key) => {
    const name = nameOf(key);
    return name !== null && itemOf(name).surfaces.includes(surface);
  });
}

/**
 * Drops what is unusable or no longer declared. Call once after a start; it costs nothing when storage is blocked.
 * Only names with our prefix are looked at: the rest is the page's own.
 */
export async function sweep(): Promise<void> {
  for (const place of TEXT_PLACES) {
    for (const key of keysIn(textStore(place)).filter((one) => one.startsWith("crumbless."))) readText(place, key);
  }
  const records = await valueStore();
  for (const key of (await records?.keys()) ?? []) {
    if (!usable(key, await records?.get(key))) await records?.delete(key);
  }
}

/** A guard for texts. */
export const isText = (value: unknown): value is string => typeof value === "string";
