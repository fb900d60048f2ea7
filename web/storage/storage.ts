/**
 * The store: reads and writes everything in the browser's storage. It writes only items that storage.toml declares, and never
 * beyond the declared lifetime. It never throws because of the browser: storage may be blocked, full or contain foreign data.
 */

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
} from "./storage_backends";
import {
  type Guard,
  itemOf,
  type KeyParts,
  keyOf,
  nameOf,
  type Surface,
  type TextItemName,
  usable,
  type ValueItemName,
  wrap,
} from "./storage_keys";
import { readText, removeKey, removeWhere } from "./storage_list";
import { announce, listen, watchKey } from "./storage_sync";
import type { ItemValues, StoredValue } from "./storage_values";

export type { Mirror } from "./storage_backends";
export type {
  Guard,
  ItemName,
  KeyParts,
  Surface,
  TextItemName,
  ValueItemName,
} from "./storage_keys";
export { clearAll, list, removeStored, type Stored } from "./storage_list";
export { watchAll } from "./storage_sync";
export type { ItemValues, StoredValue as Kept } from "./storage_values";

/** How long a stored value lasts: across tabs, for this tab, or until this page is left. */
export type Durability = "device" | "tab" | "memory";

/** Return whether the browser refuses to store texts for the tab and values. Writes nothing. */
export async function isBlocked(): Promise<boolean> {
  return !textStore("sessionStorage") || !(await valueStore());
}

/**
 * Let the page around the frame store, for the tab, the values that would otherwise be in memory only.
 *
 * @param held the values that the page stored before; unusable ones are ignored
 */
export function mirrorMemory(held: Iterable<readonly [string, unknown]>, mirror: Mirror): void {
  for (const [key, found] of held) {
    const kept = usable(key, found);
    if (kept) memory.set(key, kept);
  }
  // Preferences belong to several surfaces, and we have not promised to give them to the page around the frame.
  memory.mirror = (key, kept) => isOfOneSurface(key) && mirror(key, kept);
}

function isOfOneSurface(key: string): boolean {
  const name = nameOf(key);
  return name !== null && itemOf(name).surfaces.length === 1;
}

/** Return whether the page around the frame stores this page's memory for the tab. */
export const isMirrored = (): boolean => memory.mirror !== null;

/** Store a value in memory that no store accepted. */
function remember(key: string, kept: StoredValue): Durability {
  listen();
  memory.set(key, kept);
  announce(key, false);
  return memory.mirror && isOfOneSurface(key) ? "tab" : "memory";
}

/** Memory contains only values that no store accepted, so they are newer than a value in a store. */
function readMemory(key: string): StoredValue | null {
  const kept = usable(key, memory.get(key));
  if (!kept) memory.delete(key);
  return kept;
}

/** Return the stores that may contain the item as text, best first. */
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
 * Write into the first store that accepts the value, and delete it from the others. A store that refuses the new value must not
 * contain an older one, which would return later.
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
 * Return an item's value; null if it is absent or `is` rejects it. An unusable value (corrupt, expired, of another version,
 * foreign) is deleted.
 */
export function get<N extends TextItemName>(name: N, parameters: KeyParts<N>, is: Guard<N>): ItemValues[N] | null {
  const kept = findText(name, keyOf(name, parameters));
  if (!kept) return null;
  if (is(kept.v)) return kept.v;
  remove(name, parameters);
  return null;
}

/** Return the time (ms since 1970) at which the item expires, or null if it is absent. */
export function expiryOf<N extends TextItemName>(name: N, parameters: KeyParts<N>): number | null {
  return findText(name, keyOf(name, parameters))?.until ?? null;
}

/**
 * Store a JSON value for `lifetime` ms, at most (and when absent) the declared lifetime. Returns how long it will last. The value
 * is never lost while the page lives.
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

/** Delete an item from every place. */
export function remove<N extends TextItemName>(name: N, parameters: KeyParts<N>): void {
  void removeKey(keyOf(name, parameters));
}

/** Return an item of IndexedDB, as `get` returns a text. */
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

/** Return whether an item of IndexedDB is known to be absent; false also if the browser does not respond. */
export async function isValueAbsent<N extends ValueItemName>(name: N, parameters: KeyParts<N>): Promise<boolean> {
  const key = keyOf(name, parameters);
  return !findText(name, key) && (await (await valueStore())?.get(key)) === undefined;
}

/** Store a structured value (it may contain a CryptoKey) as `set` stores a text. */
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

/** Delete an item of IndexedDB. A copy outside IndexedDB is deleted at once. */
export function removeValue<N extends ValueItemName>(name: N, parameters: KeyParts<N>): Promise<boolean> {
  return removeKey(keyOf(name, parameters));
}

/**
 * Call `onChange` after each change or deletion of the item in this page or another tab, perhaps more than once. Returns a
 * function that ends this.
 */
export function watch<N extends TextItemName | ValueItemName>(
  name: N,
  parameters: KeyParts<N>,
  onChange: () => void,
): () => void {
  return watchKey(keyOf(name, parameters), onChange);
}

/**
 * Delete every item of a surface: texts and memory before it returns, records before the promise resolves. Returns whether all of
 * them are deleted.
 */
export function clear(surface: Surface): Promise<boolean> {
  return removeWhere((key) => {
    const name = nameOf(key);
    return name !== null && itemOf(name).surfaces.includes(surface);
  });
}

/**
 * Delete unusable and undeclared items. Call it once after a start; it costs nothing if storage is blocked. It reads only names
 * with our prefix: the others belong to the page.
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

/** Return whether a value is a text. */
export const isText = (value: unknown): value is string => typeof value === "string";
