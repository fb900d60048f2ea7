/**
 * Keeps the inbox current: loads its pages, applies the stream's entries, and fetches summaries that the stream only refers to.
 */
import { signal } from "@preact/signals";
import type { Api } from "../../core/api";
import type { InboxPage } from "../../wire/conversation_wire";
import type { ConversationSummary } from "../../wire/frames";
import type { Entry, Side } from "../../wire/timeline";
import {
  addPage,
  addSummary,
  applyEntries,
  applySeen,
  EMPTY_INBOX,
  type Filter,
  type Inbox,
  listRows,
  reachOf,
  startInbox,
} from "./inbox_model";

const PAGE = 50;
/** Fewer listed conversations than this do not fill a screen. */
const FEW = 20;
/** For more unknown conversations than this in one frame, a page is cheaper than a request for each. */
const MAX_SINGLE = 4;
/** Each attempt is at least as new as the stream; more in a row would only load the server. */
const MAX_ATTEMPTS = 3;

export class InboxSync {
  readonly inbox = signal<Inbox>(EMPTY_INBOX);
  readonly state = signal<"loading" | "ready" | "failed">("loading");
  readonly older = signal<"idle" | "loading" | "failed">("idle");
  /** Conversations whose summary is needed, with the seq it must have reached. */
  readonly #needed = new Map<string, number>();
  readonly #fetching = new Set<string>();

  constructor(private readonly api: Pick<Api, "get">) {}

  /** Show the inbox of an earlier visit. The stream provides the entries since then. */
  resume(inbox: Inbox): void {
    this.inbox.value = inbox;
    this.state.value = "ready";
  }

  /** Remove everything: it does not match this server's data. */
  forget(): void {
    this.inbox.value = EMPTY_INBOX;
    this.state.value = "loading";
    this.#needed.clear();
  }

  /**
   * Load the newest page. Returns whether the inbox is ready; it stays ready afterwards.
   *
   * @param again load it even if it was loaded before: the page replaces the inbox
   */
  async load(again = false): Promise<boolean> {
    if (this.state.value === "ready" && !again) return true;
    if (!again) this.state.value = "loading";
    try {
      this.inbox.value = startInbox(await this.api.get<InboxPage>(`/v1/desk/conversations?limit=${PAGE}`));
      this.state.value = "ready";
    } catch {
      this.state.value = "failed";
    }
    return this.state.peek() === "ready";
  }

  /** Load the next older page for the filter. */
  async showOlder(filter: Filter = "all"): Promise<void> {
    if (this.older.value === "loading") return;
    this.older.value = "loading";
    try {
      const { oldest } = reachOf(this.inbox.value, filter);
      const status = { all: "", waiting: "waiting=1&", open: "status=open&", closed: "status=closed&" }[filter];
      const page = await this.api.get<InboxPage>(`/v1/desk/conversations?${status}before=${oldest}&limit=${PAGE}`);
      this.inbox.value = addPage(this.inbox.value, page, filter);
      this.older.value = "idle";
    } catch {
      this.older.value = "failed";
    }
  }

  /** Load more for a filter if few rows of it are loaded and there may be more. */
  async fill(filter: Filter): Promise<void> {
    const inbox = this.inbox.peek();
    if (reachOf(inbox, filter).more && listRows(inbox, filter).length < FEW) await this.showOlder(filter);
  }

  /** Apply an `entries` frame; see applyEntries. Returns the visitors' new messages and whether a position was skipped. */
  apply(entries: readonly Entry[], trusted: boolean): { arrived: readonly Entry[]; gap: boolean } {
    const { inbox, arrived, missing, gap } = applyEntries(this.inbox.value, entries, trusted);
    this.inbox.value = inbox;
    if (missing.size > MAX_SINGLE) void this.#wantMany(missing);
    else for (const [id, reach] of missing) this.want(id, reach);
    return { arrived, gap };
  }

  /** Apply a seen mark of either side. */
  markSeen(id: string, by: Side, seq: number): void {
    const { inbox, stale } = applySeen(this.inbox.value, id, by, seq);
    this.inbox.value = inbox;
    if (stale) this.want(id, this.summary(id)?.last_seq ?? 0);
  }

  /** Add a summary from another response. */
  learn(summary: ConversationSummary): void {
    this.inbox.value = addSummary(this.inbox.value, summary);
  }

  summary(id: string): ConversationSummary | null {
    return this.inbox.value.rows.get(id)?.summary ?? null;
  }

  /** Fetch a summary until it has reached a seq. `askAgain` repeats failed requests. */
  want(id: string, reach: number): void {
    this.#needed.set(id, Math.max(reach, this.#needed.get(id) ?? 0));
    void this.#fetch(id);
  }

  /** Repeat failed requests. Called when the connection is back. */
  askAgain(): void {
    for (const id of this.#needed.keys()) void this.#fetch(id);
  }

  /** Most conversations that changed in the meantime are on the newest page; the others are fetched one by one. */
  async #wantMany(missing: ReadonlyMap<string, number>): Promise<void> {
    for (const [id, reach] of missing) this.#needed.set(id, Math.max(reach, this.#needed.get(id) ?? 0));
    const page = await this.api.get<InboxPage>(`/v1/desk/conversations?limit=${PAGE}`).catch(() => null);
    for (const summary of page?.conversations ?? []) this.learn(summary);
    for (const [id, reach] of missing) {
      if ((this.summary(id)?.last_seq ?? 0) >= reach) this.#needed.delete(id);
      else void this.#fetch(id);
    }
  }

  async #fetch(id: string): Promise<void> {
    if (this.#fetching.has(id)) return;
    this.#fetching.add(id);
    try {
      for (let attempts = 0; this.#needed.has(id) && attempts < MAX_ATTEMPTS; attempts++) await this.#fetchOnce(id);
    } catch {
      // It stays wanted. The connection is probably down, and its return calls askAgain.
    } finally {
      this.#fetching.delete(id);
    }
  }

  async #fetchOnce(id: string): Promise<void> {
    const summary = await this.api.get<ConversationSummary>(`/v1/desk/conversations/${id}`);
    this.learn(summary);
    const reach = Math.max(this.#needed.get(id) ?? 0, this.summary(id)?.last_seq ?? 0);
    if (summary.last_seq >= reach) this.#needed.delete(id);
  }
}
