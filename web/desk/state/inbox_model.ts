// The inbox as an immutable value: pages and frames are the input; the next inbox and the remaining requests are the output.
// There is no clock and no network. Everything is derived from the timeline by the rules of docs/protocol.md. Every tab and every
// operator that has applied the same entries shows the same list.
import { deletionOf } from "../../messages/message_changes";
import { isErasure } from "../../messages/message_log";
import type { InboxPage } from "../../wire/conversation_wire";
import type { ConversationSummary } from "../../wire/frames";
import type { Entry, LabelData, Side, Status } from "../../wire/timeline";

/** One conversation of the inbox, with the data for counting unread messages when a seen mark is in the middle. */
export interface InboxRow {
  readonly summary: ConversationSummary;
  /** The seq up to which the server has counted. */
  readonly countedTo: number;
  /** Seqs of the visitor's messages after `countedTo`, ascending. */
  readonly visitorSeqs: readonly number[];
}

export interface Inbox {
  readonly rows: ReadonlyMap<string, InboxRow>;
  /** Position of the newest applied entry: the stream has to continue there. */
  readonly position: number;
  /** Position of the oldest row that pages have reached. Older rows are known but not listed, so that the list has no gap. */
  readonly oldest: number;
  /** Whether older conversations exist on the server. */
  readonly more: boolean;
  /** How far the pages of one status have reached, if they are further than those of all. */
  readonly reached: Readonly<Partial<Record<Filter, Reach>>>;
}

/** The position that pages have reached, and whether there are older ones. */
export interface Reach {
  readonly oldest: number;
  readonly more: boolean;
}

/** The filter of the list. */
export type Filter = "all" | "waiting" | "open" | "closed";
export const FILTERS: readonly Filter[] = ["all", "waiting", "open", "closed"];

/** The result of applying entries. */
export interface Applied {
  readonly inbox: Inbox;
  /** Visitors' messages that were not known before, in order. */
  readonly arrived: readonly Entry[];
  /** Conversations whose summary has to be fetched, with the seq that it must have reached. */
  readonly missing: ReadonlyMap<string, number>;
  /** A position was skipped. No entry after it was applied, and the stream has to start again at `inbox.position`. */
  readonly gap: boolean;
}

export const EMPTY_INBOX: Inbox = {
  rows: new Map(),
  position: 0,
  oldest: Number.POSITIVE_INFINITY,
  more: false,
  reached: {},
};

/** Return the inbox of a first page. */
export function startInbox(page: InboxPage): Inbox {
  return addPage({ ...EMPTY_INBOX, position: page.position }, page);
}

/**
 * Add an older page: of all, or of the status in `filter`. The cursor does not change, because the stream provides everything
 * since the first page.
 */
export function addPage(inbox: Inbox, page: InboxPage, filter: Filter = "all"): Inbox {
  const rows = new Map(inbox.rows);
  for (const summary of page.conversations) rows.set(summary.id, newerRow(rows.get(summary.id), summary));
  const oldest = Math.min(reachOf(inbox, filter).oldest, ...page.conversations.map((summary) => summary.position));
  const reach = { oldest, more: page.more };
  if (filter === "all") return { ...inbox, rows, ...reach };
  return { ...inbox, rows, reached: { ...inbox.reached, [filter]: reach } };
}

/** Return how far the list of a filter has been loaded. */
export function reachOf(inbox: Inbox, filter: Filter): Reach {
  const { oldest, more } = inbox;
  const own = filter === "all" || !more ? undefined : inbox.reached[filter];
  return own && own.oldest < oldest ? own : { oldest, more };
}

/** Return the inbox of an earlier visit. */
export function resumeInbox(kept: Reach & { position: number; rows: readonly ConversationSummary[] }): Inbox {
  const { position, oldest, more } = kept;
  return { ...addPage(EMPTY_INBOX, { position, conversations: [...kept.rows], more }), position, oldest, more };
}

/** Add one fetched summary, unless a newer one is known. */
export function addSummary(inbox: Inbox, summary: ConversationSummary): Inbox {
  const rows = new Map(inbox.rows).set(summary.id, newerRow(inbox.rows.get(summary.id), summary));
  return { ...inbox, rows };
}

/**
 * Apply an `entries` frame.
 *
 * @param trusted A skipped position is not a gap. The first frame after a reconnect is the server's complete response to our
 *   cursor, and another request would return the same. An operator with a limited scope receives no entries of other sites and
 *   teams, so that positions are skipped in every frame.
 */
export function applyEntries(inbox: Inbox, entries: readonly Entry[], trusted = false): Applied {
  const rows = new Map(inbox.rows);
  const arrived: Entry[] = [];
  const missing = new Map<string, number>();
  let position = inbox.position;
  let gap = false;
  for (const entry of entries) {
    const at = entry.position ?? 0;
    if (at <= position) continue;
    gap = at > position + 1 && !trusted;
    if (gap) break;
    position = at;
    if (isVisitorMessage(entry)) arrived.push(entry);
    const row = rows.get(entry.conversation);
    const next = row && applyEntry(row, entry);
    if (next) rows.set(entry.conversation, next);
    if (!next || needsSummary(entry)) missing.set(entry.conversation, entry.seq);
  }
  return { inbox: { ...inbox, rows, position }, arrived, missing, gap };
}

/**
 * Apply a seen mark. Marks only grow; a repeated or older one changes nothing.
 *
 * @returns `stale`: the mark is among messages that only the server has counted, so the summary has to be fetched
 */
export function applySeen(inbox: Inbox, id: string, by: Side, seq: number): { inbox: Inbox; stale: boolean } {
  const row = inbox.rows.get(id);
  if (!row || seq <= row.summary.seen[by]) return { inbox, stale: false };
  const seen = { ...row.summary.seen, [by]: seq };
  const summary = { ...row.summary, seen };
  const stale = by === "operator" && seq < row.countedTo && row.summary.unread > 0;
  const counted = by === "operator" && !stale ? { ...summary, unread: countAfter(row, seq) } : summary;
  return { inbox: { ...inbox, rows: new Map(inbox.rows).set(id, { ...row, summary: counted }) }, stale };
}

/** Return the listed conversations, newest activity first. */
export function listRows(inbox: Inbox, filter: Filter = "all"): readonly ConversationSummary[] {
  const { oldest, more } = reachOf(inbox, filter);
  return [...inbox.rows.values()]
    .map((row) => row.summary)
    .filter((summary) => fits(summary, filter))
    .filter((summary) => !more || summary.position >= oldest)
    .sort((a, b) => b.position - a.position);
}

function fits(summary: ConversationSummary, filter: Filter): boolean {
  if (filter === "waiting") return summary.waiting_since !== null;
  return filter === "all" || summary.status === filter;
}

/** Return the number of visitors' messages that no operator has seen, in all known conversations. */
export function countUnread(inbox: Inbox): number {
  let unread = 0;
  for (const row of inbox.rows.values()) unread += row.summary.unread;
  return unread;
}

/** Only the server knows whether a deleted message was unread, or the first without a reply. */
const needsSummary = (entry: Entry): boolean => entry.kind === "deleted";

export function isVisitorMessage(entry: Entry): boolean {
  return entry.kind === "message" && entry.author.kind === "visitor";
}

/** Return the row after one more entry; the same row for a repeat; null if entries before it are missing. */
function applyEntry(row: InboxRow, entry: Entry): InboxRow | null {
  const { summary } = row;
  if (entry.seq <= summary.last_seq) return row;
  if (entry.seq > summary.last_seq + 1) return null;
  if (isErasure(entry)) return erasedRow(row, entry);
  const fromVisitor = isVisitorMessage(entry);
  const fromOperator = entry.kind === "message" && !fromVisitor;
  return {
    countedTo: row.countedTo,
    visitorSeqs: fromVisitor ? [...row.visitorSeqs, entry.seq] : row.visitorSeqs,
    summary: {
      ...summary,
      status: statusAfter(entry, summary.status),
      waiting_since: waitingSinceAfter(entry, summary.waiting_since),
      visitor_name: (fromVisitor && entry.author.name) || summary.visitor_name,
      last_seq: entry.seq,
      position: entry.position ?? summary.position,
      unread: fromOperator ? 0 : summary.unread + Number(fromVisitor && entry.seq > summary.seen.operator),
      seen: fromOperator ? { ...summary.seen, operator: Math.max(entry.seq, summary.seen.operator) } : summary.seen,
      last: lastAfter(entry, summary.last),
      ...organised(entry, summary),
    },
  };
}

type Organised = Partial<Pick<ConversationSummary, "operator" | "team" | "priority" | "snoozed_until" | "labels">>;

const labelsAfter = (before: string[], { label, on }: LabelData): string[] =>
  on ? [...before, label] : before.filter((one) => one !== label);

/** Return what the entry changes about the assignment, the priority or the snooze. */
function organised(entry: Entry, before: ConversationSummary): Organised {
  if (entry.kind === "message" || entry.kind === "woken" || entry.kind === "closed") return { snoozed_until: null };
  if (!entry.data) return {};
  if (entry.kind === "snoozed") return { snoozed_until: entry.data.until };
  if (entry.kind === "priority") return { priority: entry.data.priority };
  if (entry.kind === "label") return { labels: labelsAfter(before.labels, entry.data) };
  if (entry.kind !== "assigned") return {};
  return { operator: entry.data.operator ?? before.operator, team: entry.data.team ?? before.team };
}

/** Return the newest message after the entry, with its newest text. */
function lastAfter(entry: Entry, last: Entry | null): Entry | null {
  if (entry.kind === "message") return entry;
  if (last?.kind !== "message" || !last.data) return last;
  if (entry.kind === "edited" && entry.data?.entry === last.id)
    return { ...last, data: { ...last.data, text: entry.data.text } };
  return deletionOf(entry) === last.id ? { ...last, author: { kind: last.author.kind }, data: null } : last;
}

/** Neither the texts nor their author stay. */
function erasedRow({ summary }: InboxRow, entry: Entry): InboxRow {
  const { seq, position = summary.position } = entry;
  const empty = { status: "closed", waiting_since: null, visitor_name: "", unread: 0, last: entry } as const;
  return { countedTo: seq, visitorSeqs: [], summary: { ...summary, ...empty, last_seq: seq, position } };
}

function statusAfter(entry: Entry, before: Status): Status {
  if (entry.kind === "message" || entry.kind === "woken") return "open";
  return entry.kind === "closed" || entry.kind === "snoozed" ? entry.kind : before;
}

/** Return since when the visitor waits for a reply: the same rule as in src/crumbless/ledger/conversation_status.py. */
function waitingSinceAfter(entry: Entry, before: number | null): number | null {
  if (entry.kind === "message") return entry.author.kind === "visitor" ? (before ?? entry.at) : null;
  return entry.kind === "closed" ? null : before;
}

/** Return the newer of the known and the fetched row. Seen marks never go back. */
function newerRow(known: InboxRow | undefined, fetched: ConversationSummary): InboxRow {
  if (known && known.summary.last_seq > fetched.last_seq) return known;
  const counted: InboxRow = { summary: fetched, countedTo: fetched.last_seq, visitorSeqs: [] };
  if (!known) return counted;
  const marks = known.summary.seen;
  const seen = {
    visitor: Math.max(marks.visitor, fetched.seen.visitor),
    operator: Math.max(marks.operator, fetched.seen.operator),
  };
  const unread = marks.operator >= fetched.last_seq ? 0 : fetched.unread;
  return { ...counted, summary: { ...fetched, seen, unread } };
}

function countAfter(row: InboxRow, seq: number): number {
  return row.visitorSeqs.filter((visitorSeq) => visitorSeq > seq).length;
}
