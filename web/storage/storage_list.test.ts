import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { blockStorage, FakeStorage } from "../support/storage_fake";
import type * as Store from "./storage";
import type { ValueStore } from "./storage_indexeddb";

const site = "shop";
const record = { token: "t", expiresAt: 0, visitor: "v", conversation: "c", keyId: null };
let local: FakeStorage;
let session: FakeStorage;
let records: Map<string, unknown>;
let broken: boolean;
let storage: typeof Store;

const valueStore: ValueStore = {
  get: async (key) => records.get(key),
  put: async (key, value) => !broken && !!records.set(key, value),
  delete: async (key) => records.delete(key) || true,
  keys: async () => [...records.keys()],
};

beforeEach(async () => {
  vi.useFakeTimers({ now: 1_000_000 });
  vi.resetModules();
  vi.doMock("./storage_indexeddb", () => ({ openValues: async () => valueStore }));
  local = new FakeStorage();
  session = new FakeStorage();
  records = new Map();
  broken = false;
  vi.stubGlobal("localStorage", local);
  vi.stubGlobal("sessionStorage", session);
  storage = await import("./storage");
});

afterEach(() => {
  vi.doUnmock("./storage_records");
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const isInbox = (value: unknown): value is Store.ItemValues["deskInbox"] => typeof value === "object";
/** The desk defines its shape. */
const inbox = (...rows: unknown[]) => ({ rows }) as unknown as Store.ItemValues["deskInbox"];

test("every item is listed with its place, size, age and expiry", async () => {
  storage.set("theme", {}, "dark");
  storage.set("draft", { site }, "é", 5_000);
  await storage.setValue("deskInbox", {}, inbox(1));
  session.full = true;
  storage.set("chat", { site }, record);
  session.items.set("crumbless.open.shop", JSON.stringify({ v: "open", until: 1_000_000 + 86_400_000 - 7_000 }));
  local.items.set("somebody.else", "theirs");
  const found = await storage.list();
  expect(found.map(({ name, where }) => [name, where])).toEqual([
    ["theme", "localStorage"],
    ["draft", "sessionStorage"],
    ["open", "sessionStorage"],
    ["deskInbox", "IndexedDB"],
    ["chat", "memory"],
  ]);
  const draft = found[1];
  expect(draft).toEqual({
    name: "draft",
    key: "crumbless.draft.shop",
    where: "sessionStorage",
    size: 20 + new TextEncoder().encode(session.items.get("crumbless.draft.shop")).length,
    since: 1_000_000,
    until: 1_005_000,
    value: "é",
  });
  expect(found[2]?.since, "the loader's flag says no age: it follows from its end").toBe(993_000);
  expect(found[3]?.value).toEqual({ rows: [1] });
});

test("a key is described, never exported", async () => {
  const pair = (await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, [
    "sign",
    "verify",
  ])) as CryptoKeyPair;
  await storage.setValue("deskSession", {}, { token: "t", key: pair });
  await storage.setValue("held", { id: "1" }, new Map([["crumbless.key.1", { v: pair, until: 2_000_000 }]]));
  const [session_, held] = await storage.list();
  const secret = { cryptoKey: "private", algorithm: "ECDSA", extractable: false };
  expect(JSON.parse(JSON.stringify(session_?.value))).toMatchObject({ token: "t", key: { privateKey: secret } });
  expect(held?.value).toMatchObject({ "crumbless.key.1": { v: { privateKey: secret } } });
});

test("a listed item can be deleted from each place, and its watchers are called", async () => {
  storage.set("theme", {}, "dark");
  storage.set("draft", { site }, "text");
  await storage.setValue("deskInbox", {}, inbox());
  broken = true;
  await storage.setValue("deskThread", { conversation: "1" }, inbox() as unknown as Store.ItemValues["deskThread"]);
  broken = false;
  const changed = vi.fn();
  const end = storage.watch("theme", {}, changed);
  storage.watch("deskInbox", {}, changed);
  const found = await storage.list();
  expect(found).toHaveLength(4);
  for (const one of found) await storage.removeStored(one);
  expect(await storage.list()).toEqual([]);
  expect(local.items.size + session.items.size + records.size).toBe(0);
  expect(changed).toHaveBeenCalledTimes(2);
  end();
  storage.set("theme", {}, "light");
  expect(changed).toHaveBeenCalledTimes(2);
});

test("clearing all deletes all our items, also of an older version, and none of the page's", async () => {
  storage.set("theme", {}, "dark");
  storage.set("draft", { site }, "text");
  await storage.setValue("deskInbox", {}, inbox());
  local.items.set("crumbless.forgotten", "1");
  records.set("crumbless.ancient", 1);
  local.items.set("somebody.else", "theirs");
  await storage.clearAll();
  expect([...local.items.keys()]).toEqual(["somebody.else"]);
  expect(session.items.size + records.size).toBe(0);
});

test("values in memory are listed if all storage is blocked", async () => {
  blockStorage();
  broken = true;
  storage.set("theme", {}, "dark");
  expect((await storage.list()).map(({ name, where }) => [name, where])).toEqual([["theme", "memory"]]);
  await storage.clearAll();
  expect(await storage.list()).toEqual([]);
});

test("a rejected record does not let an older one return", async () => {
  await storage.setValue("deskInbox", {}, inbox("older"));
  broken = true;
  expect(await storage.setValue("deskInbox", {}, inbox("newer"))).toBe("memory");
  expect(await storage.getValue("deskInbox", {}, isInbox)).toEqual({ rows: ["newer"] });
  expect(records.size).toBe(0);
  broken = false;
  expect(await storage.setValue("deskInbox", {}, inbox("newest"))).toBe("device");
  expect((await storage.list()).map(({ where }) => where)).toEqual(["IndexedDB"]);
});

test("a sweep deletes records that are unusable or no longer declared", async () => {
  await storage.setValue("deskInbox", {}, inbox());
  records.set("crumbless.desk.thread.1", { v: {}, until: 5 });
  records.set("crumbless.desk.thread.2", "nonsense");
  records.set("crumbless.desk.thread.3", { v: {}, until: 10 ** 12 });
  records.set("crumbless.ancient", { v: {}, until: 2_000_000 });
  await storage.sweep();
  expect([...records.keys()]).toEqual(["crumbless.desk.inbox"]);
});
