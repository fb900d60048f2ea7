/** Keeps the opened threads current: loads their pages, appends the stream's entries, and loads again after a gap. */
import { computed, signal } from "@preact/signals";
import { type Api, ApiProblem } from "../../core/api";
import { applyEntries, applySeen, emptyLog, type MessageLog, prependEntries } from "../../messages/message_log";
import type { StoredThread } from "../../storage/storage_values";
import type { TimelinePage } from "../../wire/conversation_wire";
import type { ConversationSummary } from "../../wire/frames";
import type { Entry, SeenMarks, Side } from "../../wire/timeline";

export interface Thread {
  readonly id: string;
  /** `missing`: the conversation does not exist on the server, or belongs to another workspace. */
  readonly state: "loading" | "ready" | "failed" | "missing";
  readonly log: MessageLog;
  /** Whether earlier entries exist on the server. */
  readonly more: boolean;
  readonly earlier: "idle" | "loading" | "failed";
}

/** Number of threads that stay in memory and are updated after another one was opened. */
const KEPT = 20;
const PAGE = 100;

export class ThreadSync {
  readonly selected = signal<string | null>(null);
  readonly thread = computed(() => this.threads.value.get(this.selected.value ?? "") ?? null);
  /** The opened threads; the one that was opened last is at the end. */
  readonly threads = signal<ReadonlyMap<string, Thread>>(new Map());
  /** The stream's entries for threads whose page is loading. */
  readonly #arrived = new Map<string, Entry[]>();
  /** Threads whose newest page could not be loaded. */
  readonly #stale = new Set<string>();

  /**
   * @param learn called with the summary of each page
   * @param recall returns the stored part of a thread, and the summary that shows whether it is complete
   */
  constructor(
    private readonly api: Pick<Api, "get">,
    private readonly learn: (summary: ConversationSummary) => void,
    private readonly recall?: (id: string) => Promise<Recalled | null>,
  ) {}

  /** Show a conversation, at once if it was open before; null shows none. */
  open(id: string | null): void {
    this.selected.value = id;
    if (!id) return;
    const known = this.threads.value.get(id) ?? emptyThread(id);
    this.threads.value = newestStored(this.threads.value, known);
    if (known.state === "ready") return;
    if (this.recall && known.state === "loading") void this.#begin(id, this.recall(id));
    else void this.load(id);
  }

  /** Adopt a thread that this device stores. */
  resume(id: string, recalled: Recalled): void {
    const thread = resumedThread(id, recalled);
    this.threads.value = newestStored(this.threads.value, thread);
    if (thread.log.lastSeq < recalled.reach) void this.load(id);
  }

  /** Remove every thread. */
  forget(): void {
    const id = this.selected.peek();
    this.threads.value = id ? new Map([[id, emptyThread(id)]]) : new Map();
    this.#stale.clear();
    this.#arrived.clear();
  }

  /** Remove every thread and load the shown one again. */
  startOver(): void {
    this.forget();
    const id = this.selected.peek();
    if (id) void this.load(id);
  }

  /** Load the newest page of an opened conversation, again or for the first time. */
  async load(id: string): Promise<void> {
    if (this.#arrived.has(id)) return;
    this.#arrived.set(id, []);
    this.#stale.add(id);
    this.#change(id, (thread) => (thread.state === "ready" ? thread : { ...thread, state: "loading" }));
    try {
      const page = await this.api.get<TimelinePage>(pageAddress(id));
      this.#change(id, (thread) => withNewestPage(thread, page));
      this.learn(page.conversation);
      this.#stale.delete(id);
      this.#catchUp(id);
    } catch (cause) {
      this.#arrived.delete(id);
      const state = isNotFound(cause) ? "missing" : "failed";
      if (state === "missing") this.#stale.delete(id);
      this.#change(id, (thread) => (thread.state === "ready" ? thread : { ...thread, state }));
    }
  }

  /** Show the stored part, if there is one, and load the rest. */
  async #begin(id: string, recalling: Promise<Recalled | null>): Promise<void> {
    const recalled = await recalling;
    const thread = this.threads.peek().get(id);
    if (thread?.state !== "loading" || this.#arrived.has(id)) return;
    if (recalled) this.resume(id, recalled);
    else await this.load(id);
  }

  async showEarlier(): Promise<void> {
    const thread = this.thread.value;
    const first = thread?.log.entries[0];
    if (!thread || !first || thread.earlier === "loading") return;
    this.#change(thread.id, (now) => ({ ...now, earlier: "loading" }));
    try {
      const page = await this.api.get<TimelinePage>(pageAddress(thread.id, first.seq));
      this.#change(thread.id, (now) => ({
        ...now,
        log: prependEntries(now.log, page.entries),
        more: page.more,
        earlier: "idle",
      }));
    } catch {
      this.#change(thread.id, (now) => ({ ...now, earlier: "failed" }));
    }
  }

  /** Append the entries that belong to opened threads. A thread with a skipped seq is loaded again. */
  apply(entries: readonly Entry[]): void {
    for (const [id, own] of byConversation(entries)) {
      this.#arrived.get(id)?.push(...own);
      if (this.threads.value.get(id)?.state === "ready") this.#append(id, own);
    }
  }

  /** Move the mark of one side in an opened thread. */
  markSeen(id: string, by: Side, seq: number): void {
    this.#change(id, (thread) => ({ ...thread, log: applySeen(thread.log, by, seq) }));
  }

  /** Repeat failed requests. Called when the connection is back. */
  askAgain(): void {
    for (const id of this.#stale) void this.load(id);
  }

  #append(id: string, entries: readonly Entry[]): void {
    const thread = this.threads.value.get(id);
    if (!thread) return;
    const { log, gap } = applyEntries(thread.log, entries);
    if (log !== thread.log) this.#change(id, (now) => ({ ...now, log }));
    if (gap) void this.load(id);
  }

  /** The page may or may not contain entries that arrived while it was loading. */
  #catchUp(id: string): void {
    const arrived = this.#arrived.get(id) ?? [];
    this.#arrived.delete(id);
    this.#append(id, arrived);
  }

  #change(id: string, change: (thread: Thread) => Thread): void {
    const thread = this.threads.value.get(id);
    if (thread) this.threads.value = new Map(this.threads.value).set(id, change(thread));
  }
}

/** The stored part of a thread; `reach` is the seq of the newest entry that the list knows. */
export interface Recalled {
  readonly kept: StoredThread;
  readonly reach: number;
  readonly seen: SeenMarks;
}

function resumedThread(id: string, { kept, seen }: Recalled): Thread {
  const log: MessageLog = { entries: kept.entries, lastSeq: kept.entries.at(-1)?.seq ?? 0, seen: kept.seen };
  const marked = applySeen(applySeen(log, "visitor", seen.visitor), "operator", seen.operator);
  return { ...emptyThread(id), state: "ready", log: marked, more: kept.more };
}

function emptyThread(id: string): Thread {
  return { id, state: "loading", log: emptyLog(), more: false, earlier: "idle" };
}

/** Move a thread to the end and remove the one that was opened longest ago. */
function newestStored(threads: ReadonlyMap<string, Thread>, thread: Thread): ReadonlyMap<string, Thread> {
  const others = [...threads].filter(([id]) => id !== thread.id).slice(1 - KEPT);
  return new Map([...others, [thread.id, thread]]);
}

/** Join a newest page to the known entries. If they do not connect, the page replaces them. */
function withNewestPage(thread: Thread, page: TimelinePage): Thread {
  const touches = (page.entries[0]?.seq ?? 1) <= thread.log.lastSeq + 1 && thread.log.entries.length > 0;
  const base = touches ? thread.log : emptyLog((page.entries[0]?.seq ?? 1) - 1);
  const more = touches ? thread.more : page.more;
  const { visitor, operator } = page.conversation.seen;
  const log = applySeen(applySeen(applyEntries(base, page.entries).log, "visitor", visitor), "operator", operator);
  return { ...thread, state: "ready", log, more };
}

function pageAddress(id: string, before?: number): string {
  const from = before === undefined ? "" : `before=${before}&`;
  return `/v1/desk/conversations/${id}/entries?${from}limit=${PAGE}`;
}

function byConversation(entries: readonly Entry[]): Map<string, Entry[]> {
  const groups = new Map<string, Entry[]>();
  for (const entry of entries) groups.set(entry.conversation, [...(groups.get(entry.conversation) ?? []), entry]);
  return groups;
}

function isNotFound(cause: unknown): boolean {
  return cause instanceof ApiProblem && cause.status === 404;
}
