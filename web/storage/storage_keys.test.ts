import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { FakeStorage } from "../support/storage_fake";
import type * as Store from "./storage";

/** A registry with cases that the project's own does not contain now: a second version, a record with a fallback. */
const registry = {
  draft: {
    key: "crumbless.draft.{site}",
    mechanism: "sessionStorage",
    surfaces: ["frame"],
    lifetime: 86_400_000,
    version: 2,
  },
  deskInbox: {
    key: "crumbless.desk.inbox",
    mechanism: "IndexedDB",
    surfaces: ["desk"],
    lifetime: 604_800_000,
    fallback: "sessionStorage",
  },
};

const site = "shop";
const isInbox = (value: unknown): value is Store.ItemValues["deskInbox"] => typeof value === "object";
/** The desk defines its shape. */
const inbox = (...rows: unknown[]) => ({ rows }) as unknown as Store.ItemValues["deskInbox"];
let session: FakeStorage;
let storage: typeof Store;

beforeEach(async () => {
  vi.useFakeTimers({ now: 1_000_000 });
  vi.resetModules();
  vi.doMock("./storage_registry", () => ({ registry }));
  session = new FakeStorage();
  vi.stubGlobal("localStorage", new FakeStorage());
  vi.stubGlobal("sessionStorage", session);
  storage = await import("./storage");
});

afterEach(() => {
  vi.doUnmock("./storage_registry");
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const put = (kept: object) => session.items.set("crumbless.draft.shop", JSON.stringify(kept));
const draft = () => storage.get("draft", { site }, storage.isText);

describe("a value of another version", () => {
  test("the current version is read", () => {
    storage.set("draft", { site }, "mine");
    expect(JSON.parse(session.items.get("crumbless.draft.shop") ?? "")).toMatchObject({ v: "mine", n: 2 });
    expect(draft()).toBe("mine");
  });

  test.each([{}, { n: 1 }, { n: 3 }, { n: "2" }, { n: null }])("is deleted: %j", (version) => {
    put({ v: "old", until: 2_000_000, ...version });
    expect(draft()).toBeNull();
    expect(session.items.size).toBe(0);
  });
});

describe("a value with a longer lifetime than declared", () => {
  test("is valid up to the declared expiry, and while a clock is corrected", () => {
    put({ v: "x", n: 2, until: 1_000_000 + 86_400_000 });
    expect(draft()).toBe("x");
    vi.setSystemTime(1_000_000 - 60_000);
    expect(draft()).toBe("x");
  });

  test.each([1_000_000 + 86_400_000 + 60_001, 1e15, Number.MAX_VALUE, "2000000", null])("is deleted: %j", (until) => {
    put({ v: "x", n: 2, until });
    expect(draft()).toBeNull();
    expect(session.items.size).toBe(0);
  });

  test("is deleted even if it is Infinity, which JSON can contain", () => {
    session.items.set("crumbless.draft.shop", '{"v":"x","n":2,"until":1e999}');
    expect(draft()).toBeNull();
  });
});

describe("a record whose item has a fallback", () => {
  test("is in sessionStorage if there is no database, and is deleted from there", async () => {
    expect(await storage.setValue("deskInbox", {}, inbox(1))).toBe("tab");
    expect([...session.items.keys()]).toEqual(["crumbless.desk.inbox"]);
    expect(await storage.getValue("deskInbox", {}, isInbox)).toEqual({ rows: [1] });
    await storage.removeValue("deskInbox", {});
    expect(session.items.size).toBe(0);
  });

  test("is in memory if sessionStorage is full too", async () => {
    session.full = true;
    expect(await storage.setValue("deskInbox", {}, inbox(1))).toBe("memory");
    expect(await storage.getValue("deskInbox", {}, isInbox)).toEqual({ rows: [1] });
  });
});

test("a value from the page around the frame is accepted only if it is valid", () => {
  const mirror = vi.fn();
  const until = 2_000_000;
  storage.mirrorMemory(
    [
      ["crumbless.draft.shop", { v: "held", until, n: 2 }],
      ["crumbless.draft.old", { v: "held", until }],
      ["crumbless.draft.late", { v: "held", until: 5, n: 2 }],
      ["crumbless.other", { v: "held", until }],
      ["crumbless.draft.odd", "nonsense"],
    ],
    mirror,
  );
  expect(draft()).toBe("held");
  for (const other of ["old", "late", "odd"]) {
    expect(storage.get("draft", { site: other }, storage.isText)).toBeNull();
  }
  expect(mirror).not.toHaveBeenCalled();
});
