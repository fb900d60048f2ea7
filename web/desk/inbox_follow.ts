/** Keeps the inbox true: loads its pages, applies what the stream brings, and fetches what the stream only hints at. */
import { signal } from "@preact/signals";
import type { Api } from "../shared/api";
import type { AuthorKind, ConversationSummary, Entry, InboxPage } from "../shared/wire";
import { addPage, addSummary, applyEntries, applySeen, EMPTY_INBOX, type Inbox, startInbox } from "./inbox_model";

const PAGE = 50;
/** Each try is at least as new as the stream; more in a row would only load the server. */
const MOST_TRIES = 3;

export class InboxFollow {
  readonly inbox = signal<Inbox>(EMPTY_INBOX);
  readonly state = signal<"loading" | "ready" | "failed">("loading");
  readonly older = signal<"idle" | "loading" | "failed">("idle");
  /** Conversations whose summary is wanted, with the seq it must have reached. */
  readonly #wanted = new Map<string, number>();
  readonly #fetching = new Set<string>();

  constructor(private readonly api: Pick<Api, "get">) {}

  /** Loads the newest page. Returns whether the inbox is ready; it stays ready once it was. */
  async load(): Promise<boolean> {
    if (this.state.value === "ready") return true;
    this.state.value = "loading";
    try {
      this.inbox.value = startInbox(await this.api.get<InboxPage>(`/v1/desk/conversations?limit=${PAGE}`));
      this.state.value = "ready";
    } catch {
      this.state.value = "failed";
    }
    return this.state.peek() === "ready";
  }

  async showOlder(): Promise<void> {
    if (this.older.value === "loading") return;
    this.older.value = "loading";
    try {
      const before = this.inbox.value.oldest;
      const page = await this.api.get<InboxPage>(`/v1/desk/conversations?before=${before}&limit=${PAGE}`);
      this.inbox.value = addPage(this.inbox.value, page);
      this.older.value = "idle";
    } catch {
      this.older.value = "failed";
    }
  }

  /** Applies an `entries` frame; see applyEntries. Returns the visitors' new messages and whether a position was skipped. */
  apply(entries: readonly Entry[], trusted: boolean): { arrived: readonly Entry[]; gap: boolean } {
    const { inbox, arrived, missing, gap } = applyEntries(this.inbox.value, entries, trusted);
    this.inbox.value = inbox;
    for (const [id, reach] of missing) this.want(id, reach);
    return { arrived, gap };
  }

  /** Applies a seen mark of either side. */
  markSeen(id: string, by: AuthorKind, seq: number): void {
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

  async #fetch(id: string): Promise<void> {
    if (this.#fetching.has(id)) return;
    this.#fetching.add(id);
    try {
      for (let tries = 0; this.#wanted.has(id) && tries < MOST_TRIES; tries++) await this.#fetchOnce(id);
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
