/**
 * The places that can store a value. This is the only module that uses the browser's storage, and only the storage_*.ts files use
 * it. Nothing here throws because of the browser.
 */

import { openValues, type ValueStore } from "./storage_indexeddb";
import type { StoredValue } from "./storage_values";

export const TEXT_PLACES = ["localStorage", "sessionStorage"] as const;
export type TextPlace = (typeof TEXT_PLACES)[number];

/** The interface of a store of texts. The browser's Storage has it, and its methods may throw. */
export type TextStore = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

/** Return the result of `access`, or null if it throws: a blocked or full store counts as a store without the value. */
export function guarded<T>(access: () => T): T | null {
  try {
    return access();
  } catch {
    return null;
  }
}

/** Return the browser's store. Reading the property itself throws in sandboxed frames and if the user blocks site data. */
export const textStore = (place: TextPlace): TextStore | null => guarded(() => globalThis[place]);

export const keysIn = (store: TextStore | null): string[] =>
  guarded(() => Array.from({ length: store?.length ?? 0 }, (_, index) => store?.key(index) ?? "")) ?? [];

export function dropText(place: TextPlace, key: string): void {
  guarded(() => textStore(place)?.removeItem(key));
}

/** The listener for the loss of all records, such as when the user clears the site's data. */
export const valuesLost = { onLoss: (): void => undefined };

let records: Promise<ValueStore | null> | null = null;
export const valueStore = (): Promise<ValueStore | null> => {
  records ??= openValues(
    () => indexedDB,
    () => valuesLost.onLoss(),
  );
  return records;
};

/** Called with each change of a value that memory holds instead of a store: null when it is deleted. */
export type Mirror = (key: string, kept: StoredValue | null) => void;

class Memory extends Map<string, StoredValue> {
  mirror: Mirror | null = null;

  override set(key: string, kept: StoredValue): this {
    this.mirror?.(key, kept);
    return super.set(key, kept);
  }

  override delete(key: string): boolean {
    if (this.has(key)) this.mirror?.(key, null);
    return super.delete(key);
  }
}

/** Values that no store accepted. They last as long as the page, or as long as the mirror stores them. */
export const memory = new Memory();
