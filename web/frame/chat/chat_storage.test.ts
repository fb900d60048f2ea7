import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { makeKey } from "../../core/dpop";
import { DAY_MS } from "../../core/time_units";
import { blockStorage, FakeStorage } from "../../support/storage_fake";
import type { ChatKey, ChatStorage } from "./chat_storage";

let local: FakeStorage;
let session: FakeStorage;
/** The contents of IndexedDB, which outlive the page. */
let records: Map<string, unknown>;

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  local = new FakeStorage();
  session = new FakeStorage();
  records = new Map();
  vi.stubGlobal("localStorage", local);
  vi.stubGlobal("sessionStorage", session);
});

afterEach(() => {
  vi.doUnmock("../shared/storage_records");
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/** Reload the page: its modules lose their state. */
async function newPage(blocked = false, ready: Promise<void> = Promise.resolve()): Promise<ChatStorage> {
  vi.resetModules();
  const store = {
    get: async (key: string) => records.get(key),
    put: async (key: string, value: unknown) => ready.then(() => Boolean(records.set(key, value))),
    delete: async (key: string) => records.delete(key) || true,
    keys: async () => [...records.keys()],
  };
  vi.doMock("../../storage/storage_indexeddb", () => ({ openValues: async () => (blocked ? null : store) }));
  const module = await import("./chat_storage");
  return new module.ChatStorage("shop", 30);
}

async function chat(): Promise<ChatKey> {
  const expiresAt = Date.now() + 30 * DAY_MS;
  return { token: "t", expiresAt, visitor: "v", conversation: "c", keyId: "k1", key: await makeKey() };
}

const keyLife = () => (records.get("crumbless.key.k1") as { until: number }).until - Date.now();

test("a chat is restored after a reload, but not in another tab", async () => {
  const page = await newPage();
  await page.save(await chat());
  expect(page.keeping).toBe("tab");
  expect(await (await newPage()).load()).toMatchObject({ token: "t", conversation: "c", key: expect.any(Object) });
  session.items.clear();
  expect(await (await newPage()).load()).toBeNull();
});

test("a slow first save is not taken for a deletion", async () => {
  let finish: () => void = () => undefined;
  const page = await newPage(false, new Promise((resolve) => (finish = resolve)));
  const own = await chat();
  const gone = vi.fn();
  const end = page.watch(own, gone, () => undefined);
  const saving = page.save(own);
  await vi.advanceTimersByTimeAsync(100);
  finish();
  await saving;
  await vi.advanceTimersByTimeAsync(100);
  expect(gone).not.toHaveBeenCalled();
  end();
});

test("a chat stored on the device is restored in another tab, for the promised days", async () => {
  const page = await newPage();
  const own = await chat();
  await page.save(own);
  expect(keyLife()).toBe(DAY_MS);
  expect(await page.keep(own)).toBe(true);
  expect(page.storedUntil(own)).toBe(Date.now() + 30 * DAY_MS);
  expect(keyLife()).toBe(30 * DAY_MS);
  session.items.clear();
  expect(await (await newPage()).load()).toMatchObject({ token: "t" });
});

test("a chat no longer stored on the device is this tab's only, and its key lives for a day", async () => {
  const page = await newPage();
  const own = await chat();
  await page.save(own);
  await page.keep(own);
  await page.unkeep(own);
  expect(page.storedUntil(own)).toBeNull();
  expect(local.items.size).toBe(0);
  expect(keyLife()).toBe(DAY_MS);
  expect(await (await newPage()).load()).toMatchObject({ token: "t" });
});

test("another tab's stored chat is neither replaced, nor adopted, nor deleted with this one", async () => {
  const kept = await chat();
  await (await newPage()).keep(kept);
  session.items.clear();
  const page = await newPage();
  const own = { ...(await chat()), token: "other", keyId: "k2" };
  await page.save(own);
  expect(page.storedUntil(own)).toBeNull();
  await page.forget(own);
  expect(await (await newPage()).load()).toMatchObject({ token: "t" });
});

test("a browser that cannot store the chat reports it and stores no part of it", async () => {
  const page = await newPage();
  const own = await chat();
  await page.save(own);
  local.full = true;
  expect(await page.keep(own)).toBe(false);
  expect(page.storedUntil(own)).toBeNull();
});

test("a token that works without a key is never stored", async () => {
  const page = await newPage();
  await page.save({ ...(await chat()), key: null, keyId: null });
  expect(page.keeping).toBe("memory");
  expect([...session.items, ...local.items, ...records]).toEqual([]);
});

test("a chat that has expired or has no key is deleted", async () => {
  await (await newPage()).save(await chat());
  records.clear();
  expect(await (await newPage()).load()).toBeNull();
  expect(session.items.size).toBe(0);
  await (await newPage()).save({ ...(await chat()), expiresAt: Date.now() - 1 });
  expect(await (await newPage()).load()).toBeNull();
  expect(records.size).toBe(0);
});

test("a deleted chat is deleted from every place", async () => {
  const page = await newPage();
  const own = await chat();
  await page.save(own);
  await page.keep(own);
  await page.forget(own);
  expect([...session.items, ...local.items, ...records]).toEqual([]);
});

test("a chat lasts as long as the page if all storage is blocked", async () => {
  blockStorage();
  const page = await newPage(true);
  await page.save(await chat());
  expect(page.keeping).toBe("memory");
  expect(await page.load()).toMatchObject({ token: "t" });
});
