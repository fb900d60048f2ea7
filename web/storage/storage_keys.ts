/** Names, keys and values of the items in storage.toml: maps a key to its item and checks that a value is valid. */
import { MINUTE_MS } from "../core/time_units";
import { registry } from "./storage_registry";
import type { ItemValues, StoredValue } from "./storage_values";

type Registry = typeof registry;
export type ItemName = keyof Registry;
type NamesBy<Mechanism> = { [N in ItemName]: Registry[N]["mechanism"] extends Mechanism ? N : never }[ItemName];
/** Items stored as text in sessionStorage or localStorage. Access is synchronous. */
export type TextItemName = NamesBy<"sessionStorage" | "localStorage">;
/** Items stored in IndexedDB, which may contain a CryptoKey. Access is asynchronous. */
export type ValueItemName = NamesBy<"IndexedDB">;
export type Surface = Registry[ItemName]["surfaces"][number];

/** An item as storage.toml declares it. */
export interface Declared {
  key: string;
  mechanism: "localStorage" | "sessionStorage" | "IndexedDB";
  surfaces: readonly Surface[];
  /** ms. */
  lifetime: number;
  /** Where the item may be stored if its mechanism fails; in memory when absent. */
  fallback?: "sessionStorage";
  version?: number;
}

type Placeholders<Key extends string> = Key extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never;
/** The values for the `{…}` of an item's key. */
export type KeyParts<N extends ItemName> = { [P in Placeholders<Registry[N]["key"]>]: string };

export type Guard<N extends ItemName> = (value: unknown) => value is ItemValues[N];

/** A corrected clock must not end a session: a value may seem to expire this much too late. */
const CLOCK_SLACK_MS = MINUTE_MS;

const items: Record<ItemName, Declared> = registry;

/** Return the item of this name. Throws if storage.toml does not declare it. */
export function itemOf(name: ItemName): Declared {
  if (!Object.hasOwn(items, name)) throw new Error(`"${name}" is not declared in storage.toml`);
  return items[name];
}

/** Return the key of an item. Throws if the item is not declared or a part of its key is missing. */
export function keyOf(name: ItemName, parameters: Record<string, string>): string {
  return itemOf(name).key.replace(/\{(\w+)\}/g, (_, part: string) => {
    const value = parameters[part];
    if (!value) throw new Error(`"${name}" needs a value for {${part}}`);
    return value;
  });
}

const patterns = (Object.keys(items) as ItemName[]).map(
  (name) => [name, new RegExp(`^${items[name].key.replaceAll(".", "\\.").replace(/\{\w+\}/g, ".+")}$`)] as const,
);

/** Return the name of the item that declares this key, or null. */
export const nameOf = (key: string): ItemName | null => patterns.find(([, pattern]) => pattern.test(key))?.[0] ?? null;

/** Return the value in its stored form. It expires after `lifetime` ms, at most (and when absent) the declared lifetime. */
export function wrap({ lifetime: longest, version }: Declared, value: unknown, lifetime = longest): StoredValue {
  const at = Date.now();
  const kept: StoredValue = { v: value, until: at + Math.min(lifetime, longest), at };
  return version ? { ...kept, n: version } : kept;
}

/**
 * Return the stored value under `key` if it is ours and valid, else null. It may be foreign data, of another version of
 * Crumbless, expired, or edited to live longer than declared.
 */
export function usable(key: string, found: unknown): StoredValue | null {
  const name = nameOf(key);
  if (!name || typeof found !== "object" || !found || !("v" in found)) return null;
  const { until, n = 1 } = found as StoredValue;
  const { lifetime, version = 1 } = items[name];
  const left = typeof until === "number" ? until - Date.now() : 0;
  return left > 0 && left <= lifetime + CLOCK_SLACK_MS && n === version ? (found as StoredValue) : null;
}
