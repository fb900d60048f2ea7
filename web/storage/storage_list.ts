/** Lists, exports and deletes the items of storage.toml that this browser stores now. */

import {
  dropText,
  guarded,
  keysIn,
  memory,
  TEXT_PLACES,
  type TextPlace,
  textStore,
  valueStore,
} from "./storage_backends";
import { type ItemName, itemOf, nameOf, usable } from "./storage_keys";
import { announce } from "./storage_sync";
import type { StoredValue } from "./storage_values";

export interface Stored {
  name: ItemName;
  key: string;
  where: TextPlace | "IndexedDB" | "memory";
  /** Bytes of key and value, in UTF-8. */
  size: number;
  /** When the value was written, ms since 1970. */
  since: number;
  /** When the value expires, ms since 1970. */
  until: number;
  /** A value that is not JSON, such as a key, is described because it cannot be exported. */
  value: unknown;
}

/** Return the valid value under `key` in a store of texts. An unusable value is deleted. */
export function readText(place: TextPlace, key: string): StoredValue | null {
  const text = guarded(() => textStore(place)?.getItem(key)) ?? null;
  if (text === null) return null;
  const kept = usable(
    key,
    guarded(() => JSON.parse(text)),
  );
  if (!kept) dropText(place, key);
  return kept;
}

/** Return every item that is stored now under a declared key. Unusable values are deleted and not listed. */
export async function list(): Promise<Stored[]> {
  const found: (Stored | null)[] = [];
  for (const place of TEXT_PLACES) {
    const declared = keysIn(textStore(place)).filter(nameOf);
    found.push(...declared.map((key) => storedOf(key, place, readText(place, key))));
  }
  const records = await valueStore();
  for (const key of (await records?.keys()) ?? []) {
    found.push(storedOf(key, "IndexedDB", usable(key, await records?.get(key))));
  }
  for (const [key, kept] of memory) found.push(storedOf(key, "memory", usable(key, kept)));
  return found.filter((one) => one !== null);
}

function storedOf(key: string, where: Stored["where"], kept: StoredValue | null): Stored | null {
  const name = nameOf(key);
  if (!name || !kept) return null;
  const { until, at } = kept;
  const value = describe(kept.v);
  const size = new TextEncoder().encode(key + JSON.stringify({ ...kept, v: value })).length;
  // The loader stores no time of writing, to stay small. It always writes for the whole lifetime.
  return { name, key, where, size, since: at ?? until - itemOf(name).lifetime, until, value };
}

/** Return the value in a form that JSON can contain. */
function describe(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof CryptoKey) {
    const { type, extractable, algorithm } = value;
    return { cryptoKey: type, algorithm: algorithm.name, extractable };
  }
  if (Array.isArray(value)) return value.map(describe);
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  return Object.fromEntries(entries.map(([name, one]) => [name, describe(one)]));
}

/** Delete an item that `list` has found from every place. */
export const removeStored = ({ key }: Stored): Promise<boolean> => removeKey(key);

/**
 * Delete the item under `key`: texts and memory before it returns, records before the promise resolves. Returns whether it is
 * deleted.
 */
export async function removeKey(key: string): Promise<boolean> {
  for (const place of TEXT_PLACES) dropText(place, key);
  memory.delete(key);
  const name = nameOf(key);
  let gone = true;
  if (!name || itemOf(name).mechanism === "IndexedDB") gone = (await (await valueStore())?.delete(key)) ?? true;
  announce(key, true);
  return gone;
}

/** Delete every item that `belongs` selects, as `removeKey` does. */
export async function removeWhere(belongs: (key: string) => boolean): Promise<boolean> {
  const texts = TEXT_PLACES.flatMap((place) => keysIn(textStore(place)));
  const removed = [...texts, ...memory.keys()].filter(belongs).map(removeKey);
  const records = await valueStore();
  const keys = records ? await records.keys() : [];
  removed.push(...(keys ?? []).filter(belongs).map(removeKey));
  const gone = await Promise.all(removed);
  return keys !== null && gone.every(Boolean);
}

/** Delete all our items from this origin and this page, including items that only an older version declared. */
export const clearAll = (): Promise<boolean> => removeWhere((key) => key.startsWith("crumbless."));
