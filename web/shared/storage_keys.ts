/** Names, keys and values of what storage.toml declares: which item a key belongs to, and which values are still good. */
import { registry } from "./storage_registry";
import type { ItemValues } from "./storage_values";

type Registry = typeof registry;
export type ItemName = keyof Registry;
type NamesBy<Mechanism> = { [N in ItemName]: Registry[N]["mechanism"] extends Mechanism ? N : never }[ItemName];
/** Items kept as text in sessionStorage or localStorage: read and written at once. */
export type TextItemName = NamesBy<"sessionStorage" | "localStorage">;
/** Items kept in IndexedDB, which may hold a CryptoKey: read and written asynchronously. */
export type ValueItemName = NamesBy<"IndexedDB">;
export type Surface = Registry[ItemName]["surfaces"][number];

/** A value and the end of its life. */
export interface StoredValue {
  v: unknown;
  /** ms since 1970. */
  until: number;
  /** When it was written, ms since 1970. */
  at?: number;
  /** The form of the value, when it is not the first: the `version` of storage.toml. */
  n?: number;
}

/** An item as storage.toml declares it. */
export interface Declared {
  key: string;
  mechanism: "localStorage" | "sessionStorage" | "IndexedDB";
  surfaces: readonly Surface[];
  /** ms. */
  lifetime: number;
  /** Where it may stand when its mechanism fails; in memory when absent. */
  fallback?: "sessionStorage";
  version?: number;
}

type Placeholders<Key extends string> = Key extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never;
/** The values for the `{…}` of an item's key. */
export type KeyParts<N extends ItemName> = { [P in Placeholders<Registry[N]["key"]>]: string };

export type Guard<N extends ItemName> = (value: unknown) => value is ItemValues[N];

/** A clock that was set right meanwhile must not end a session: a value may seem to end this much too late. */
const CLOCK_SLACK_MS = 60_000;

const items: Record<ItemName, Declared> = registry;

/** The item of this name. Throws when storage.toml does not declare it. */
export function itemOf(name: ItemName): Declared {
  if (!Object.hasOwn(items, name)) throw new Error(`"${name}" is not declared in storage.toml`);
  return items[name];
}

/** The key of an item. Throws when it is not declared, or a part of its key is missing. */
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

/** The name of the item that declares this key, or null. */
export const nameOf = (key: string): ItemName | null => patterns.find(([, pattern]) => pattern.test(key))?.[0] ?? null;

/** The value to keep: it ends after `lifetime` ms, at most (and when absent) the declared lifetime. */
export function wrap({ lifetime: longest, version }: Declared, value: unknown, lifetime = longest): StoredValue {
  const at = Date.now();
  const kept: StoredValue = { v: value, until: at + Math.min(lifetime, longest), at };
  return version ? { ...kept, n: version } : kept;
}

/**
 * What was found under `key` when it is ours and still good, else null: it may be anybody's bytes, from another version of
 * Crumbless, past its end, or edited to live longer than was promised.
 */
export function usable(key: string, found: unknown): StoredValue | null {
  const name = nameOf(key);
  if (!name || typeof found !== "object" || !found || !("v" in found)) return null;
  const { until, n = 1 } = found as StoredValue;
  const { lifetime, version = 1 } = items[name];
  const left = typeof until === "number" ? until - Date.now() : 0;
  return left > 0 && left <= lifetime + CLOCK_SLACK_MS && n === version ? (found as StoredValue) : null;
}
