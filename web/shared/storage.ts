/**
 * The only module that touches browser storage. It can write only what storage.toml declares, never beyond the declared
 * lifetime, and it never throws because of the browser: storage may be blocked, full, or hold somebody else's bytes.
 */
import { openRecords, type RecordStore } from "./storage_records";
import { registry } from "./storage_registry";

type Registry = typeof registry;
export type ItemName = keyof Registry;
type NamesBy<Mechanism> = { [N in ItemName]: Registry[N]["mechanism"] extends Mechanism ? N : never }[ItemName];
/** Items kept as text in sessionStorage or localStorage: read and written at once. */
export type TextItemName = NamesBy<"sessionStorage" | "localStorage">;
/** Items kept in IndexedDB, which may hold a CryptoKey: read and written asynchronously. */
export type RecordItemName = NamesBy<"IndexedDB">;
export type Surface = Registry[ItemName]["surfaces"][number];

type Placeholders<Key extends string> = Key extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never;
/** The values for the `{…}` of an item's key. */
export type KeyParts<N extends ItemName> = { [P in Placeholders<Registry[N]["key"]>]: string };

/** How long a value lasts where it was put: across tabs, for this tab, or until this page goes away. */
export type Keeping = "device" | "tab" | "memory";

/** A value and the end of its life. */
export interface Kept {
  v: unknown;
  until: number;
}

type Guard<T> = (value: unknown) => value is T;

export const isKept = (value: unknown): value is Kept =>
  typeof value === "object" && value !== null && "v" in value && "until" in value && typeof value.until === "number";

/** What a store of texts must do; the browser's Storage does it, and may throw while doing it. */
type TextStore = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

/** Returns null when `act` throws: a blocked or full store is a store without the value. */
function guarded<T>(act: () => T): T | null {
  try {
    return act();
  } catch {
    return null;
  }
}

const stores = {
  // Reading the property itself throws in sandboxed frames and when the person blocks site data.
  localStorage: () => guarded(() => localStorage),
  sessionStorage: () => guarded(() => sessionStorage),
};

/** Told what memory holds instead of a store: null when it is gone. */
export type Mirror = (key: string, kept: Kept | null) => void;

class Memory extends Map<string, Kept> {
  mirror: Mirror = () => undefined;

  override set(key: string, kept: Kept): this {
    this.mirror(key, kept);
    return super.set(key, kept);
  }

  override delete(key: string): boolean {
    if (this.has(key)) this.mirror(key, null);
    return super.delete(key);
  }
}

const memory = new Memory();
let mirrored = false;
let records: Promise<RecordStore | null> | null = null;
const recordStore = (): Promise<RecordStore | null> => {
  records ??= openRecords(() => indexedDB);
  return records;
};

const inMemory = (): Keeping => (mirrored ? "tab" : "memory");

/** Whether the browser keeps anything here at all: texts for the tab, and records. Writes nothing. */
export async function isBlocked(): Promise<boolean> {
  return !stores.sessionStorage() || !(await recordStore());
}

/**
 * Lets somebody else (the page around the frame) keep for the tab what would otherwise live in memory only.
 *
 * @param held what was kept there before; what expired or is not declared is passed over
 */
export function mirrorMemory(held: Iterable<readonly [string, unknown]>, mirror: Mirror): void {
  for (const [key, kept] of held) {
    if (isKept(kept) && kept.until > Date.now() && surfacesOf(key).length > 0) memory.set(key, kept);
  }
  memory.mirror = mirror;
  mirrored = true;
}

function keyOf(name: ItemName, parameters: Record<string, string>): string {
  if (!Object.hasOwn(registry, name)) throw new Error(`"${name}" is not declared in storage.toml`);
  return registry[name].key.replace(/\{(\w+)\}/g, (_, part: string) => {
    const value = parameters[part];
    if (!value) throw new Error(`"${name}" needs a value for {${part}}`);
    return value;
  });
}

const pattern = (key: string) => new RegExp(`^${key.replaceAll(".", "\\.").replace(/\{\w+\}/g, ".+")}$`);
const declared = Object.values(registry).map((item) => ({ pattern: pattern(item.key), surfaces: item.surfaces }));
const surfacesOf = (key: string): Surface[] => declared.find((item) => item.pattern.test(key))?.surfaces.slice() ?? [];

/** The stores an item may stand in, best first. */
function textStores(name: TextItemName): [Keeping, TextStore][] {
  const found: [Keeping, TextStore | null][] = [["tab", stores.sessionStorage()]];
  if (registry[name].mechanism === "localStorage") found.unshift(["device", stores.localStorage()]);
  return found.filter((pair): pair is [Keeping, TextStore] => pair[1] !== null);
}

function readText(store: TextStore, key: string): Kept | null {
  const text = guarded(() => store.getItem(key));
  if (text === null) return null;
  const kept: unknown = guarded(() => JSON.parse(text));
  if (isKept(kept) && kept.until > Date.now()) return kept;
  guarded(() => store.removeItem(key));
  return null;
}

function readMemory(key: string): Kept | null {
  const kept = memory.get(key);
  if (kept && kept.until > Date.now()) return kept;
  memory.delete(key);
  return null;
}

function endOfLife(name: ItemName, lifetime: number | undefined): number {
  const longest = registry[name].lifetime;
  return Date.now() + Math.min(lifetime ?? longest, longest);
}

function findText(name: TextItemName, key: string): Kept | null {
  for (const [, store] of textStores(name)) {
    const kept = readText(store, key);
    if (kept) return kept;
  }
  return readMemory(key);
}

/**
 * Reads an item. Returns null when it is absent, expired, corrupt or not what `is` accepts; what is unusable is dropped.
 */
export function get<N extends TextItemName, T>(name: N, parameters: KeyParts<N>, is: Guard<T>): T | null {
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
  value: unknown,
  lifetime?: number,
): Keeping {
  const key = keyOf(name, parameters);
  const kept: Kept = { v: value, until: endOfLife(name, lifetime) };
  const text = JSON.stringify(kept);
  remove(name, parameters);
  for (const [keeping, store] of textStores(name)) {
    const written = guarded(() => {
      store.setItem(key, text);
      return true;
    });
    if (written) return keeping;
  }
  memory.set(key, kept);
  return inMemory();
}

/** Removes an item wherever it stands. */
export function remove<N extends TextItemName>(name: N, parameters: KeyParts<N>): void {
  const key = keyOf(name, parameters);
  for (const [, store] of textStores(name)) guarded(() => store.removeItem(key));
  memory.delete(key);
}

/** Reads an item of IndexedDB; null when it is absent, expired, or not what `is` accepts. */
export async function getRecord<N extends RecordItemName, T>(
  name: N,
  parameters: KeyParts<N>,
  is: Guard<T>,
): Promise<T | null> {
  const key = keyOf(name, parameters);
  const found = (await (await recordStore())?.get(key)) ?? null;
  const kept = isKept(found) && found.until > Date.now() ? found : readMemory(key);
  if (kept && is(kept.v)) return kept.v;
  if (found) await removeRecord(name, parameters);
  return null;
}

/** Keeps a structured value (it may hold a CryptoKey) as `set` keeps a text. */
export async function setRecord<N extends RecordItemName>(
  name: N,
  parameters: KeyParts<N>,
  value: unknown,
  lifetime?: number,
): Promise<Keeping> {
  const key = keyOf(name, parameters);
  const kept: Kept = { v: value, until: endOfLife(name, lifetime) };
  const written = (await (await recordStore())?.put(key, kept)) ?? false;
  if (written) memory.delete(key);
  else memory.set(key, kept);
  return written ? "device" : inMemory();
}

/** Removes an item of IndexedDB, and its copy in memory at once. */
export async function removeRecord<N extends RecordItemName>(name: N, parameters: KeyParts<N>): Promise<void> {
  const key = keyOf(name, parameters);
  memory.delete(key);
  await (await recordStore())?.delete(key);
}

const keysOf = (store: TextStore): string[] =>
  guarded(() => Array.from({ length: store.length }, (_, index) => store.key(index) ?? "")) ?? [];

/** Removes every item of a surface: texts and memory before it returns, records when the promise settles. */
export async function clear(surface: Surface): Promise<void> {
  const belongs = (key: string) => surfacesOf(key).includes(surface);
  for (const key of [...memory.keys()].filter(belongs)) memory.delete(key);
  for (const store of [stores.localStorage(), stores.sessionStorage()]) {
    if (store) for (const key of keysOf(store).filter(belongs)) guarded(() => store.removeItem(key));
  }
  const kept = await recordStore();
  for (const key of ((await kept?.keys()) ?? []).filter(belongs)) await kept?.delete(key);
}

/** Drops what expired or is no longer declared. Call once after a start; it costs nothing when storage is blocked. */
export async function sweep(): Promise<void> {
  for (const store of [stores.localStorage(), stores.sessionStorage()]) {
    if (store) sweepTexts(store);
  }
  const kept = await recordStore();
  for (const key of (await kept?.keys()) ?? []) {
    const value = await kept?.get(key);
    if (!isKept(value) || value.until <= Date.now() || surfacesOf(key).length === 0) await kept?.delete(key);
  }
}

function sweepTexts(store: TextStore): void {
  for (const key of keysOf(store).filter((one) => one.startsWith("crumbless."))) {
    if (surfacesOf(key).length === 0) guarded(() => store.removeItem(key));
    else readText(store, key);
  }
}

/** A guard for texts. */
export const isText = (value: unknown): value is string => typeof value === "string";
