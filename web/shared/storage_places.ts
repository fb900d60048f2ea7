/**
 * The places where something can be kept: the only module that touches the browser's storage. Used by the storage_*.ts
 * files alone. Nothing here throws because of the browser.
 */
import type { StoredValue } from "./storage_keys";
import { openValues, type ValueStore } from "./storage_records";

export const TEXT_PLACES = ["localStorage", "sessionStorage"] as const;
export type TextPlace = (typeof TEXT_PLACES)[number];

/** What a store of texts must do; the browser's Storage does it, and may throw while doing it. */
export type TextStore = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

/** Returns null when `act` throws: a blocked or full store is a store without the value. */
export function guarded<T>(act: () => T): T | null {
  try {
    return act();
  } catch {
    return null;
  }
}

/** The browser's store. Reading the property itself throws in sandboxed frames and when the person blocks site data. */
export const textStore = (place: TextPlace): TextStore | null => guarded(() => globalThis[place]);

export const keysIn = (store: TextStore | null): string[] =>
  guarded(() => Array.from({ length: store?.length ?? 0 }, (_, index) => store?.key(index) ?? "")) ?? [];

export function dropText(place: TextPlace, key: string): void {
  guarded(() => textStore(place)?.removeItem(key));
}

/** Who hears that the records are gone, as when the person clears the site's data. */
export const valuesLost = { hear: (): void => undefined };

let records: Promise<ValueStore | null> | null = null;
export const valueStore = (): Promise<ValueStore | null> => {
  records ??= openValues(
    () => indexedDB,
    () => valuesLost.hear(),
  );
  return records;
};

/** Told what memory holds instead of a store: null when it is gone. */
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

/** What no store took: it lives as long as the page, or where the mirror keeps it. */
export const memory = new Memory();
