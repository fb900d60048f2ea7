/** Two tabs: the same code loaded twice, with the same localStorage and database, each with its own sessionStorage and memory. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FakeStorage } from "../support/storage_fake";
import type * as Store from "./storage";
import type { ValueStore } from "./storage_indexeddb";

let local: FakeStorage;
let records: Map<string, unknown>;
/** Listeners for the browser's events about changes in other tabs. */
let heard: ((event: { key: string | null }) => void)[];
let channels: Channel[];
let blockedRecords: boolean;

/** Delivers at once, to all other channels of its name. */
class Channel {
  #hear: ((event: { data: unknown }) => void) | undefined;
  /** The session storage of the tab that opened the channel. */
  readonly #session = globalThis.sessionStorage;

  constructor(readonly name: string) {
    channels.push(this);
  }

  addEventListener(_: string, hear: (event: { data: unknown }) => void): void {
    this.#hear = hear;
  }

  postMessage(data: unknown): void {
    for (const other of channels.filter((one) => one !== this && one.name === this.name)) {
      vi.stubGlobal("sessionStorage", other.#session);
      other.#hear?.({ data });
    }
    vi.stubGlobal("sessionStorage", this.#session);
  }
}

const valueStore: ValueStore = {
  get: async (key) => records.get(key),
  put: async (key, value) => !blockedRecords && !!records.set(key, value),
  delete: async (key) => records.delete(key) || true,
  keys: async () => [...records.keys()],
};

interface Tab {
  storage: typeof Store;
  session: FakeStorage;
  /** Runs a function in this tab. */
  here: <T>(act: (storage: typeof Store) => T) => T;
}

async function openTab(): Promise<Tab> {
  vi.resetModules();
  const storage = await import("./storage");
  const session = new FakeStorage();
  const here = <T>(act: (storage: typeof Store) => T): T => {
    vi.stubGlobal("sessionStorage", session);
    return act(storage);
  };
  return { storage, session, here };
}

let one: Tab;
let other: Tab;

beforeEach(async () => {
  local = new FakeStorage();
  records = new Map();
  heard = [];
  channels = [];
  blockedRecords = false;
  vi.stubGlobal("localStorage", local);
  vi.stubGlobal("BroadcastChannel", Channel);
  vi.stubGlobal("addEventListener", (_: string, hear: (typeof heard)[0]) => heard.push(hear));
  vi.doMock("./storage_indexeddb", () => ({ openValues: async () => valueStore }));
  vi.stubGlobal("sessionStorage", new FakeStorage());
  one = await openTab();
  other = await openTab();
});

afterEach(() => {
  vi.doUnmock("./storage_records");
  vi.unstubAllGlobals();
});

const isTheme = (value: unknown): value is "system" | "light" | "dark" => typeof value === "string";
const isInbox = (value: unknown): value is Store.ItemValues["deskInbox"] => typeof value === "object";
/** The desk defines its shape. */
const inbox = (...rows: unknown[]) => ({ rows }) as unknown as Store.ItemValues["deskInbox"];
const themeOf = (tab: Tab) => tab.here(({ get }) => get("theme", {}, isTheme));

test("a change and a deletion are received in the other tab", () => {
  const changed = vi.fn();
  other.here(({ watch }) => watch("theme", {}, changed));
  one.here(({ set }) => set("theme", {}, "dark"));
  expect(changed).toHaveBeenCalledTimes(1);
  expect(themeOf(other)).toBe("dark");
  one.here(({ remove }) => remove("theme", {}));
  expect(changed).toHaveBeenCalledTimes(2);
  expect(themeOf(other)).toBeNull();
});

test("a change of a record is announced once it can be read", async () => {
  const seen: unknown[] = [];
  other.here(({ watch, getValue }) =>
    watch("deskInbox", {}, async () => seen.push(await getValue("deskInbox", {}, isInbox))),
  );
  await one.here(({ setValue }) => setValue("deskInbox", {}, inbox(1)));
  await vi.waitFor(() => expect(seen).toEqual([{ rows: [1] }]));
  await one.here(({ removeValue }) => removeValue("deskInbox", {}));
  await vi.waitFor(() => expect(seen).toEqual([{ rows: [1] }, null]));
});

test("a change outside our code is received too", () => {
  const changed = vi.fn();
  other.here(({ set, watch }) => {
    set("theme", {}, "dark");
    watch("theme", {}, changed);
  });
  local.items.clear();
  for (const hear of heard) hear({ key: null });
  expect(changed).toHaveBeenCalled();
  expect(themeOf(other)).toBeNull();
  changed.mockClear();
  for (const hear of heard) hear({ key: "somebody.else" });
  expect(changed).not.toHaveBeenCalled();
});

test("a deleted item is also deleted from the memory of other tabs", async () => {
  local.full = true;
  one.session.full = true;
  expect(one.here(({ set }) => set("theme", {}, "dark"))).toBe("memory");
  expect(other.here(({ set }) => set("theme", {}, "light"))).toBe("tab");
  blockedRecords = true;
  await one.here(({ setValue }) => setValue("deskInbox", {}, inbox(1)));
  expect([themeOf(one), themeOf(other)]).toEqual(["dark", "light"]);
  const third = await openTab();
  third.here(({ remove }) => remove("theme", {}));
  await third.here(({ removeValue }) => removeValue("deskInbox", {}));
  expect([themeOf(one), themeOf(other)]).toEqual([null, null]);
  expect(await one.here(({ getValue }) => getValue("deskInbox", {}, isInbox))).toBeNull();
});

test("a value that one tab has in memory is replaced by one that another tab could share", () => {
  local.full = true;
  one.session.full = true;
  one.here(({ set }) => set("theme", {}, "dark"));
  local.full = false;
  expect(other.here(({ set }) => set("theme", {}, "light"))).toBe("device");
  expect(themeOf(one)).toBe("light");
});

test("a tab's own items are not shared", () => {
  const changed = vi.fn();
  other.here(({ set, watch }) => {
    set("draft", { site: "shop" }, "other's");
    watch("draft", { site: "shop" }, changed);
  });
  one.here(({ set, remove }) => {
    set("draft", { site: "shop" }, "one's");
    remove("draft", { site: "shop" });
  });
  expect(changed).not.toHaveBeenCalled();
  expect(other.here(({ get, isText }) => get("draft", { site: "shop" }, isText))).toBe("other's");
});

test("a value in a channel message is not trusted", () => {
  other.here(({ set, watch }) => {
    set("draft", { site: "shop" }, "other's");
    watch("theme", {}, vi.fn());
  });
  const stranger = new Channel("crumbless.storage");
  for (const words of [null, 7, {}, "", "crumbless.draft.shop", "somebody.else", "__proto__"]) {
    expect(() => other.here(() => stranger.postMessage(words))).not.toThrow();
  }
  expect(other.here(({ get, isText }) => get("draft", { site: "shop" }, isText))).toBe("other's");
});
