import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { blockStorage, FakeStorage } from "../support/storage_fake";
import type * as Store from "./storage";
import type { ItemValues } from "./storage_values";

const site = "shop";
let local: FakeStorage;
let session: FakeStorage;
let storage: typeof Store;

beforeEach(async () => {
  vi.useFakeTimers({ now: 1_000_000 });
  vi.resetModules();
  local = new FakeStorage();
  session = new FakeStorage();
  vi.stubGlobal("localStorage", local);
  vi.stubGlobal("sessionStorage", session);
  storage = await import("./storage");
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("declared items", () => {
  test("a value is stored under its declared key, with its expiry", () => {
    expect(storage.set("draft", { site }, "hello")).toBe("tab");
    expect(JSON.parse(session.items.get("crumbless.draft.shop") ?? "")).toEqual({
      v: "hello",
      until: 87_400_000,
      at: 1_000_000,
    });
    expect(storage.get("draft", { site }, storage.isText)).toBe("hello");
  });

  test("an undeclared item throws", () => {
    const undeclared = "mood" as unknown as "draft";
    expect(() => storage.set(undeclared, { site }, "x")).toThrow(/not declared/);
    expect(() => storage.get("toString" as unknown as "draft", { site }, storage.isText)).toThrow(/not declared/);
  });

  test("a missing part of the key throws", () => {
    expect(() => storage.set("draft", { site: "" }, "x")).toThrow(/\{site\}/);
  });

  test("a lifetime is never longer than declared", () => {
    storage.set("draft", { site }, "x", 10 ** 12);
    expect(storage.expiryOf("draft", { site })).toBe(1_000_000 + 86_400_000);
    storage.set("draft", { site }, "x", 5_000);
    expect(storage.expiryOf("draft", { site })).toBe(1_005_000);
  });
});

describe("unusable values", () => {
  test("an expired value is deleted on reading", () => {
    storage.set("draft", { site }, "old", 5_000);
    vi.setSystemTime(1_005_000);
    expect(storage.get("draft", { site }, storage.isText)).toBeNull();
    expect(session.items.size).toBe(0);
  });

  test.each(["", "nonsense{", "null", '"text"', '{"v":1}', '{"until":"never","v":"x"}'])(
    "a corrupt value is deleted: %j",
    (text) => {
      session.items.set("crumbless.draft.shop", text);
      expect(storage.get("draft", { site }, storage.isText)).toBeNull();
      expect(session.items.size).toBe(0);
    },
  );

  test("a value of another shape is deleted", () => {
    session.items.set("crumbless.draft.shop", JSON.stringify({ v: { not: "text" }, until: 2_000_000 }));
    expect(storage.get("draft", { site }, storage.isText)).toBeNull();
    expect(session.items.size).toBe(0);
  });
});

describe("failures of the browser", () => {
  const isTheme = (value: unknown): value is "dark" | "light" => value === "dark" || value === "light";

  test("storage whose property throws: the value is in memory", () => {
    blockStorage();
    expect(storage.set("theme", {}, "dark")).toBe("memory");
    expect(storage.get("theme", {}, isTheme)).toBe("dark");
    storage.remove("theme", {});
    expect(storage.get("theme", {}, isTheme)).toBeNull();
  });

  test("full localStorage: the value is in sessionStorage if the registry allows it", () => {
    local.full = true;
    expect(storage.set("theme", {}, "dark")).toBe("tab");
    expect(session.items.has("crumbless.theme")).toBe(true);
    expect(storage.get("theme", {}, isTheme)).toBe("dark");
    const record = { token: "t", expiresAt: 0, visitor: "v", conversation: "c", keyId: null };
    expect(storage.set("keep", { site }, record)).toBe("memory");
  });

  test("both full: the value is in memory, and an older one does not return", () => {
    storage.set("theme", {}, "light");
    local.full = true;
    session.full = true;
    expect(storage.set("theme", {}, "dark")).toBe("memory");
    expect(storage.get("theme", {}, isTheme)).toBe("dark");
    expect(local.items.size).toBe(0);
  });

  test("a write that only deletes the old value: the new one is in memory", () => {
    storage.set("draft", { site }, "older");
    session.half = true;
    expect(storage.set("draft", { site }, "newer")).toBe("memory");
    expect(session.items.size).toBe(0);
    expect(storage.get("draft", { site }, storage.isText)).toBe("newer");
  });

  test("a store that rejects the new value and contains the old one is not read", () => {
    storage.set("draft", { site }, "older");
    session.stuck = true;
    expect(storage.set("draft", { site }, "newer")).toBe("memory");
    expect(session.items.size).toBe(1);
    expect(storage.get("draft", { site }, storage.isText)).toBe("newer");
  });

  test("a store that works again replaces memory", () => {
    session.full = true;
    expect(storage.set("draft", { site }, "older")).toBe("memory");
    session.full = false;
    expect(storage.set("draft", { site }, "newer")).toBe("tab");
    expect(storage.get("draft", { site }, storage.isText)).toBe("newer");
    session.items.clear();
    expect(storage.get("draft", { site }, storage.isText)).toBeNull();
  });

  test("a read that throws returns no value", () => {
    storage.set("draft", { site }, "x");
    session.broken = true;
    expect(storage.get("draft", { site }, storage.isText)).toBeNull();
  });

  test("no IndexedDB: a record is in memory until it expires", async () => {
    type StoredThread = ItemValues["deskThread"];
    const isThread = (value: unknown): value is StoredThread => typeof value === "object";
    const conversation = "1";
    const thread: StoredThread = { entries: [], more: false, seen: { visitor: 0, operator: 0 } };
    expect(await storage.setValue("deskThread", { conversation }, thread, 5_000)).toBe("memory");
    expect(session.items.size).toBe(0);
    expect(await storage.getValue("deskThread", { conversation }, isThread)).toEqual(thread);
    vi.setSystemTime(1_005_000);
    expect(await storage.getValue("deskThread", { conversation }, isThread)).toBeNull();
  });
});

describe("clearing", () => {
  test("only the items of the surface are deleted", async () => {
    storage.set("draft", { site }, "visitor's");
    storage.set("deskDraft", { conversation: "c1" }, "operator's");
    storage.set("deskOutbox", {}, []);
    await storage.clear("desk");
    expect([...session.items.keys()]).toEqual(["crumbless.draft.shop"]);
  });

  test("texts are deleted before the database responds", () => {
    storage.set("deskDraft", { conversation: "c1" }, "operator's");
    void storage.clear("desk");
    expect(session.items.size).toBe(0);
  });

  test("a sweep deletes expired and undeclared items, but not the page's own", async () => {
    storage.set("draft", { site }, "good");
    session.items.set("crumbless.chat.shop", JSON.stringify({ v: 1, until: 5 }));
    session.items.set("crumbless.old.shop", JSON.stringify({ v: 1, until: 10 ** 12 }));
    session.items.set("somebody.else", "theirs");
    await storage.sweep();
    expect([...session.items.keys()]).toEqual(["crumbless.draft.shop", "somebody.else"]);
  });
});
