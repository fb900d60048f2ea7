/** Keeps the inbox true: loads its pages, applies what the stream brings, and fetches what the stream only hints at. */
import { signal } from "@preact/signals";
import type { Api } from "../shared/api";
import type { ConversationSummary, InboxPage } from "../shared/wire";
import type { Entry, Side } from "../shared/wire_timeline";
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
/** More unknown conversations than this in one frame: a page is cheaper than a request for each. */
const MAX_SINGLE = 4;
/** Each try is at least as new as the stream; more in a row would only load the server. */
const MAX_ATTEMPTS = 3;

export class InboxSync {
  readonly inbox = signal<Inbox>(EMPTY_INBOX);
  readonly state = signal<"loading" | "ready" | "failed">("loading");
  readonly older = signal<"idle" | "loading" | "failed">("idle");
  /** Conversations whose summary is wanted, with the seq it must have reached. */
  readonly #wanted = new Map<string, number>();
  readonly #fetching = new Set<string>();

  constructor(private readonly api: Pick<Api, "get">) {}

  /** Shows what was kept from an earlier visit; the stream brings what came since. */
  resume(inbox: Inbox): void {
    this.inbox.value = inbox;
    this.state.value = "ready";
  }

  /** Lets go of everything: it is not what this server knows. */
  forget(): void {
    this.inbox.value = EMPTY_INBOX;
    this.state.value = "loading";
    this.#wanted.clear();
  }

  /**
   * Loads the newest page. Returns whether the inbox is ready; it stays ready once it was.
   *
   * @param again also when it was loaded before: the page takes its place
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

  /** Loads the next older page of what the filter lists. */
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

  /** Loads more of what a filter lists when little of it is known and there may be more. */
  async fill(filter: Filter): Promise<void> {
    const inbox = this.inbox.peek();
    if (reachOf(inbox, filter).more && listRows(inbox, filter).length < FEW) await this.showOlder(filter);
  }

  /** Applies an `entries` frame; see applyEntries. Returns the visitors' new messages and whether a position was skipped. */
  apply(entries: readonly Entry[], trusted: boolean): { arrived: readonly Entry[]; gap: boolean } {
    const { inbox, arrived, missing, gap } = applyEntries(this.inbox.value, entries, trusted);
    this.inbox.value = inbox;
    if (missing.size > MAX_SINGLE) void this.#wantMany(missing);
    else for (const [id, reach] of missing) this.want(id, reach);
    return { arrived, gap };
  }

  /** Applies a seen mark of either side. */
  markSeen(id: string, by: Side, seq: number): void {
    const { inbox, stale } = applySeen(this.inbox.value, id, by, seq);
    this.inbox.value = inbox;
    if (stale) this.want(id, this.summary(id)?.last_seq ?? 0);
  }

  /** Takes in a summary that came with another answer. */
  learn(summary: ConversationSummary): void {
    this.inbox.value = addSummary(this.inbox.value, summary);
  }

  summary(id: string): ConversationSummary | null {
    return this.inbox.value.rows.get(id)?.summary ?? null;
  }

  /** Fetches a summary until it has reached a seq. What fails is asked again by `askAgain`. */
  want(id: string, reach: number): void {
    this.#wanted.set(id, Math.max(reach, this.#wanted.get(id) ?? 0));
    void this.#fetch(id);
  }

  /** Asks again for what could not be fetched: called when the connection is back. */
  askAgain(): void {
    for (const id of this.#wanted.keys()) void this.#fetch(id);
  }

  /** Most of what came while we were away stands on the newest page; what does not is fetched one by one. */
  async #wantMany(missing: ReadonlyMap<string, number>): Promise<void> {
    for (const [id, reach] of missing) this.#wanted.set(id, Math.max(reach, this.#wanted.get(id) ?? 0));
    const page = await this.api.get<InboxPage>(`/v1/desk/conversations?limit=${PAGE}`).catch(() => null);
    for (const summary of page?.conversations ?? []) this.learn(summary);
    for (const [id, reach] of missing) {
      if ((this.summary(id)?.last_seq ?? 0) >= reach) this.#wanted.delete(id);
      else void this.#fetch(id);
    }
  }

  async #fetch(id: string): Promise<void> {
    if (this.#fetching.has(id)) return;
    this.#fetching.add(id);
    try {
      for (let tries = 0; this.#wanted.has(id) && tries < MAX_ATTEMPTS; tries++) await this.#fetchOnce(id);
    } catch {
      // Kept as wanted; the connection is likely down, and its return calls askAgain.
    } finally {
      this.#fetching.delete(id);
    }
  }

  async #fetchOnce(id: string): Promise<void> {
    const summary = await this.api.get<ConversationSummary>(`/v1/desk/conversations/${id}`);
    this.learn(summary);
    const reach = Math.max(this.#wanted.get(id) ?? 0, this.summary(id)?.last_seq ?? 0);
    if (summary.last_seq >= reach) this.#wanted.delete(id);
  }
}
