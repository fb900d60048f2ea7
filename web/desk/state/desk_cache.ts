/**
 * The desk's cache between two visits: the list and the newest entries of opened threads. With it the desk is visible at once and
 * requests only new entries. It is written when changes pause, and only while the operator is signed in.
 */
import * as storage from "../../storage/storage";
import type { StoredInbox, StoredThread } from "../../storage/storage_values";
import type { Operator } from "../../wire/frames";
import { isStoredInbox, isStoredThread } from "./desk_cache_guard";
import { type Inbox, listRows } from "./inbox_model";
import type { Thread } from "./thread_sync";

/** The data that the desk shows now. */
export interface DeskNow {
  readonly operator: Operator;
  readonly inbox: Inbox;
  readonly threads: ReadonlyMap<string, Thread>;
}

export const MAX_ROWS = 200;
export const MAX_THREADS = 50;
export const MAX_ENTRIES = 100;
/** Time from a change to its writing, in milliseconds. Changes in between are combined. */
const QUIET_MS = 1_000;
/** Longest wait for an idle moment after that, in milliseconds. */
const IDLE_MS = 1_000;

export interface CacheOptions {
  /** Returns the data to store, at the time of writing; null while there is nothing to store. */
  readonly now: () => DeskNow | null;
  /** Whether this device still stores the operator's session. Without it nothing is written. */
  readonly maySave: () => Promise<boolean>;
}

export class DeskCache {
  #timer: ReturnType<typeof setTimeout> | null = null;
  #writing: Promise<void> = Promise.resolve();
  #stopped = false;
  /** Threads as they were last written or read, and the stored ones; the least recently used is first. */
  readonly #written = new Map<string, Thread["log"]>();
  #kept: readonly string[];

  /** @param stored the threads in the list that was read, which are stored already */
  constructor(
    private readonly options: CacheOptions,
    stored: readonly string[] = [],
  ) {
    this.#kept = stored;
  }

  /** Report a change. It is written within two seconds. */
  changed(): void {
    if (this.#stopped || this.#timer !== null) return;
    this.#timer = setTimeout(() => whenIdle(() => void this.save()), QUIET_MS);
  }

  /** Write the changes now. */
  save(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  /** Stop all writing. */
  stop(): void {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  /** Delete a thread whose conversation was erased on the server. */
  async forgetThread(id: string): Promise<void> {
    this.#written.delete(id);
    this.#kept = this.#kept.filter((key) => key !== id);
    await storage.removeValue("deskThread", { conversation: id });
  }

  async #write(): Promise<void> {
    const now = this.options.now();
    if (!now || this.#stopped || !(await this.options.maySave())) return;
    // Threads first: a thread that is newer than the list is harmless, but an older one would have a gap.
    await this.#writeThreads(now.threads);
    if (!this.#stopped) await storage.setValue("deskInbox", {}, storedInbox(now, this.#kept));
  }

  async #writeThreads(threads: ReadonlyMap<string, Thread>): Promise<void> {
    const ready = [...threads.values()].filter((thread) => thread.state === "ready");
    const opened = new Set(ready.map((thread) => thread.id));
    const order = [...this.#kept.filter((id) => !opened.has(id)), ...opened];
    this.#kept = order.slice(-MAX_THREADS);
    for (const id of order.slice(0, -MAX_THREADS)) await storage.removeValue("deskThread", { conversation: id });
    for (const thread of ready.slice(-MAX_THREADS)) {
      if (this.#stopped) return;
      if (this.#written.get(thread.id) === thread.log) continue;
      this.#written.set(thread.id, thread.log);
      await storage.setValue("deskThread", { conversation: thread.id }, storedThread(thread));
    }
  }
}

/** Return the stored list, or null for a start without it. An invalid list is deleted. */
export function readInbox(): Promise<StoredInbox | null> {
  return storage.getValue("deskInbox", {}, isStoredInbox);
}

/** Return a stored thread, or null. */
export async function readThread(id: string): Promise<StoredThread | null> {
  const stored = await storage.getValue("deskThread", { conversation: id }, isStoredThread);
  return stored?.entries.every((entry) => entry.conversation === id) ? stored : null;
}

/** Delete list and threads. Drafts and the session stay. */
export async function dropCache(): Promise<void> {
  await storage.removeValue("deskInbox", {});
  for (const stored of await storage.list()) {
    if (stored.name === "deskThread") await storage.removeStored(stored);
  }
}

function storedInbox({ operator, inbox }: DeskNow, threads: readonly string[]): StoredInbox {
  const listed = listRows(inbox);
  const rows = listed.slice(0, MAX_ROWS);
  const cut = listed.length > rows.length;
  const oldest = cut ? (rows.at(-1)?.position ?? inbox.oldest) : inbox.oldest;
  return { operator, position: inbox.position, oldest, more: inbox.more || cut, rows, threads };
}

function storedThread({ log, more }: Thread): StoredThread {
  const entries = log.entries.slice(-MAX_ENTRIES);
  return { entries, more: more || entries.length < log.entries.length, seen: log.seen };
}

function whenIdle(task: () => void): void {
  if (typeof requestIdleCallback === "function") requestIdleCallback(task, { timeout: IDLE_MS });
  else task();
}
