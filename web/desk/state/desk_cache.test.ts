import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import * as storage from "../../storage/storage";
import type { ConversationSummary, Operator } from "../../wire/frames";
import type { Entry } from "../../wire/timeline";
import {
  DeskCache,
  type DeskNow,
  dropCache,
  MAX_ENTRIES,
  MAX_ROWS,
  MAX_THREADS,
  readInbox,
  readThread,
} from "./desk_cache";
import { addPage, EMPTY_INBOX } from "./inbox_model";
import type { Thread } from "./thread_sync";

const ME: Operator = { id: "op-1", name: "Ola", email: "ola@example.org", role: "owner", workspace_name: "North" };

const summary = (id: string, position: number): ConversationSummary => ({
  id,
  status: "open",
  number: 1,
  waiting_since: 1,
  visitor_id: id,
  visitor_name: "",
  site_name: "Shop",
  started_at: 1,
  last_seq: 1,
  position,
  unread: 1,
  seen: { visitor: 1, operator: 0 },
  last: null,
  contact: null,
  operator: "",
  team: "",
  priority: "normal",
  snoozed_until: null,
  labels: [],
});

const entry = (conversation: string, seq: number): Entry => ({
  conversation,
  id: `${conversation}-${seq}`,
  seq,
  at: 1,
  kind: "message",
  author: { kind: "visitor" },
  data: { text: "hello" },
  position: seq,
});

const threadOf = (id: string, count = 2): Thread => ({
  id,
  state: "ready",
  log: {
    entries: Array.from({ length: count }, (_, index) => entry(id, index + 1)),
    lastSeq: count,
    seen: { visitor: count, operator: 0 },
  },
  more: false,
  earlier: "idle",
});

function shown(rows = 2, threads: readonly Thread[] = [threadOf("c1")]): DeskNow {
  const conversations = Array.from({ length: rows }, (_, index) => summary(`c${index + 1}`, rows - index));
  const inbox = addPage({ ...EMPTY_INBOX, position: rows }, { position: rows, conversations, more: false });
  return { operator: ME, inbox, threads: new Map(threads.map((thread) => [thread.id, thread])) };
}

const signedIn = { maySave: async () => true };

beforeEach(() => void vi.useFakeTimers());
afterEach(async () => {
  vi.useRealTimers();
  await storage.clear("desk");
});

describe("the cache", () => {
  it("contains the list and its threads as they were shown", async () => {
    const now = shown();
    await new DeskCache({ now: () => now, ...signedIn }).save();
    const kept = await readInbox();
    expect(kept).toMatchObject({ operator: ME, position: 2, more: false, threads: ["c1"] });
    expect(kept?.rows.map((row) => row.id)).toEqual(["c1", "c2"]);
    expect((await readThread("c1"))?.entries).toEqual([entry("c1", 1), entry("c1", 2)]);
  });

  it("is limited to the newest conversations and entries, and the threads that were opened last", async () => {
    const threads = Array.from({ length: MAX_THREADS + 2 }, (_, index) => threadOf(`c${index + 1}`));
    threads.push(threadOf("long", MAX_ENTRIES + 3));
    const now = shown(MAX_ROWS + 5, threads);
    await new DeskCache({ now: () => now, ...signedIn }).save();
    const kept = await readInbox();
    expect(kept?.rows).toHaveLength(MAX_ROWS);
    expect(kept).toMatchObject({ more: true, oldest: 6 });
    expect(kept?.threads).toHaveLength(MAX_THREADS);
    expect(await readThread("c1")).toBeNull();
    const long = await readThread("long");
    expect(long?.entries).toHaveLength(MAX_ENTRIES);
    expect(long).toMatchObject({ more: true });
    expect(long?.entries[0]?.seq).toBe(4);
  });

  it("contains the threads of earlier visits besides the new ones", async () => {
    await new DeskCache({ now: () => shown(2, [threadOf("old")]), ...signedIn }).save();
    await new DeskCache({ now: () => shown(2, [threadOf("new")]), ...signedIn }, ["old"]).save();
    expect((await readInbox())?.threads).toEqual(["old", "new"]);
    expect(await readThread("old")).not.toBeNull();
  });

  it("is written once for many changes, when they pause", async () => {
    const now = vi.fn(() => shown());
    const cache = new DeskCache({ now, ...signedIn });
    for (let times = 0; times < 10; times++) cache.changed();
    expect(now).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(now).toHaveBeenCalledOnce();
    expect(await readInbox()).not.toBeNull();
  });

  it("is empty without a session, and is not written after the end", async () => {
    await new DeskCache({ now: () => shown(), maySave: async () => false }).save();
    expect(await readInbox()).toBeNull();
    const cache = new DeskCache({ now: () => shown(), ...signedIn });
    cache.changed();
    cache.stop();
    await vi.advanceTimersByTimeAsync(5_000);
    await cache.save();
    expect(await readInbox()).toBeNull();
  });

  it("is deleted as a whole, and a thread alone", async () => {
    const cache = new DeskCache({ now: () => shown(2, [threadOf("c1"), threadOf("c2")]), ...signedIn });
    await cache.save();
    await cache.forgetThread("c1");
    expect(await readThread("c1")).toBeNull();
    expect(await readThread("c2")).not.toBeNull();
    await dropCache();
    expect(await readInbox()).toBeNull();
    expect(await readThread("c2")).toBeNull();
  });
});

describe("an invalid cache", () => {
  const good = { operator: ME, position: 1, oldest: 1, more: false, rows: [summary("c1", 1)], threads: [] };

  it.each([
    "words",
    { ...good, operator: null },
    { ...good, position: "1" },
    { ...good, rows: [{ ...summary("c1", 1), status: "lost" }] },
    { ...good, rows: [{ ...summary("c1", 1), last: {} }] },
    { ...good, rows: [{ ...summary("c1", 1), waiting_since: "1" }] },
    { ...good, rows: [{ ...summary("c1", 1), last: { ...entry("c1", 1), author: { kind: "visitor", name: 1 } } }] },
    { ...good, threads: [1] },
  ])("is deleted: list %#", async (value) => {
    await storage.setValue("deskInbox", {}, good);
    expect(await readInbox()).toEqual(good);
    await storage.setValue("deskInbox", {}, value as never);
    expect(await readInbox()).toBeNull();
  });

  const thread = { entries: [entry("c1", 1), entry("c1", 2)], more: false, seen: { visitor: 0, operator: 0 } };

  it.each([
    { ...thread, entries: [] },
    { ...thread, entries: [entry("c1", 1), entry("c1", 3)] },
    { ...thread, entries: [entry("other", 1)] },
    { ...thread, seen: null },
  ])("is deleted: thread %#", async (value) => {
    await storage.setValue("deskThread", { conversation: "c1" }, thread);
    expect(await readThread("c1")).toEqual(thread);
    await storage.setValue("deskThread", { conversation: "c1" }, value as never);
    expect(await readThread("c1")).toBeNull();
  });
});
