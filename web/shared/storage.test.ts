import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { blockStorage, FakeStorage } from "../support/storage_fake";
import type * as Store from "./storage";

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

describe("what may be kept", () => {
  test("a value is kept under its declared key, with its end", () => {
    expect(storage.set("draft", { site }, "hello")).toBe("tab");
    expect(JSON.parse(session.items.get("crumbless.draft.shop") ?? "")).toEqual({ v: "hello", until: 87_400_000 });
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

describe("what is unusable is absent", () => {
  test("an expired value is dropped on reading", () => {
    storage.set("draft", { site }, "old", 5_000);
    vi.setSystemTime(1_005_000);
    expect(storage.get("draft", { site }, storage.isText)).toBeNull();
    expect(session.items.size).toBe(0);
  });

  test.each(["", "nonsense{", "null", '"text"', '{"v":1}', '{"until":"never","v":"x"}'])("corrupt: %j", (text) => {
    session.items.set("crumbless.draft.shop", text);
    expect(storage.get("draft", { site }, storage.isText)).toBeNull();
    expect(session.items.size).toBe(0);
  });

  test("a value of another shape is dropped", () => {
    storage.set("draft", { site }, { not: "text" });
    expect(storage.get("draft", { site }, storage.isText)).toBeNull();
    expect(session.items.size).toBe(0);
  });
});

describe("when the browser refuses", () => {
  test("storage whose property throws: memory", () => {
    blockStorage();
    expect(storage.set("keep", { site }, "kept")).toBe("memory");
    expect(storage.get("keep", { site }, storage.isText)).toBe("kept");
    storage.remove("keep", { site });
    expect(storage.get("keep", { site }, storage.isText)).toBeNull();
  });

  test("full localStorage: sessionStorage", () => {
    local.full = true;
    expect(storage.set("keep", { site }, "kept")).toBe("tab");
    expect(session.items.has("crumbless.keep.shop")).toBe(true);
    expect(storage.get("keep", { site }, storage.isText)).toBe("kept");
  });

  test("both full: memory, and an older value does not come back", () => {
    storage.set("keep", { site }, "older");
    local.full = true;
    session.full = true;
    expect(storage.set("keep", { site }, "newer")).toBe("memory");
    expect(storage.get("keep", { site }, storage.isText)).toBe("newer");
  });

  test("a read that throws is an absent value", () => {
    storage.set("draft", { site }, "x");
    session.broken = true;
    expect(storage.get("draft", { site }, storage.isText)).toBeNull();
  });

  test("no IndexedDB: a record lives in memory until it expires", async () => {
    expect(await storage.setRecord("key", { id: "1" }, { a: 1 }, 5_000)).toBe("memory");
    const isAny = (value: unknown): value is object => typeof value === "object";
    expect(await storage.getRecord("key", { id: "1" }, isAny)).toEqual({ a: 1 });
    vi.setSystemTime(1_005_000);
    expect(await storage.getRecord("key", { id: "1" }, isAny)).toBeNull();
  });
});

describe("clearing", () => {
  test("a surface's items go, others stay", async () => {
    storage.set("draft", { site }, "visitor's");
    storage.set("deskDraft", { conversation: "c1" }, "operator's");
    storage.set("deskOutbox", {}, []);
    await storage.clear("desk");
    expect([...session.items.keys()]).toEqual(["crumbless.draft.shop"]);
  });

  test("texts are gone before the database answered", () => {
    storage.set("deskDraft", { conversation: "c1" }, "operator's");
    void storage.clear("desk");
    expect(session.items.size).toBe(0);
  });

  test("a sweep drops what expired or is not declared, and leaves the page's own items", async () => {
    storage.set("draft", { site }, "good");
    session.items.set("crumbless.chat.shop", JSON.stringify({ v: 1, until: 5 }));
    session.items.set("crumbless.old.shop", JSON.stringify({ v: 1, until: 10 ** 12 }));
    session.items.set("somebody.else", "theirs");
    await storage.sweep();
    expect([...session.items.keys()]).toEqual(["crumbless.draft.shop", "somebody.else"]);
  });
});
