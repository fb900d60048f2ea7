/** The thread of one conversation, from its entries: pure values, no I/O. */
import type { PendingCommand } from "./message_outbox";
import type { Author, Entry, SeenMarks, Side } from "./wire_timeline";

/** A contiguous piece of a timeline, in seq order, and how far each side has read. */
export interface MessageLog {
  readonly entries: readonly Entry[];
  /** The seq of the newest entry known, 0 before the first: the cursor. */
  readonly lastSeq: number;
  readonly seen: SeenMarks;
}

/** What applying entries led to. After a gap the caller reconnects with its cursor; nothing behind the gap was taken. */
export interface Applied {
  log: MessageLog;
  /** Those that were new, in order. */
  added: Entry[];
  gap: boolean;
}

/** A log without entries; `lastSeq` when it continues behind entries that are not shown. */
export const emptyLog = (lastSeq = 0): MessageLog => ({ entries: [], lastSeq, seen: { visitor: 0, operator: 0 } });

/** Whether this entry says that the visitor has erased the conversation. It is the last one: nothing comes after it. */
export const isErasure = (entry: Entry | null | undefined): boolean => entry?.kind === "erased";

/** Whether the visitor has erased the conversation whose newest entries these are. */
export const isErased = (entries: readonly Entry[]): boolean => isErasure(entries.at(-1));

/** What an erased entry still contains: the same on the server and wherever it is stored. */
const emptied = (entry: Entry): Entry =>
  isErasure(entry) ? entry : { ...entry, author: { kind: entry.author.kind }, data: null };

/** The text of a message; nothing once it was erased, and for other kinds. */
export const textOf = (entry: Entry | null | undefined): string | undefined =>
  entry?.kind === "message" ? entry.data?.text : undefined;

const joined = (earlier: readonly Entry[], later: readonly Entry[]): readonly Entry[] =>
  isErased(later) ? [...earlier, ...later].map(emptied) : [...earlier, ...later];

/** Appends entries. Those already known are ignored; a gap ends it; an erasure empties all before it. */
export function applyEntries(log: MessageLog, entries: readonly Entry[]): Applied {
  const added: Entry[] = [];
  let lastSeq = log.lastSeq;
  let gap = false;
  for (const entry of entries) {
    if (entry.seq <= lastSeq) continue;
    gap = entry.seq > lastSeq + 1;
    if (gap) break;
    added.push(entry);
    lastSeq = entry.seq;
  }
  if (added.length === 0) return { log, added, gap };
  const seen = added.reduce(seenAfter, log.seen);
  return { log: { entries: joined(log.entries, added), lastSeq, seen }, added, gap };
}

/** Puts an earlier page before the log; entries already known are ignored. */
export function prependEntries(log: MessageLog, page: readonly Entry[]): MessageLog {
  const firstSeq = log.entries[0]?.seq ?? Number.POSITIVE_INFINITY;
  const earlier = page.filter((entry) => entry.seq < firstSeq);
  return { ...log, entries: joined(earlier, log.entries), lastSeq: Math.max(log.lastSeq, earlier.at(-1)?.seq ?? 0) };
}

/** Who writes has read: a message moves its author's mark to itself. */
function seenAfter(seen: SeenMarks, entry: Entry): SeenMarks {
  const by = entry.author.kind;
  return entry.kind === "message" && (by === "visitor" || by === "operator") ? movedMark(seen, by, entry.seq) : seen;
}

const movedMark = (seen: SeenMarks, by: Side, seq: number): SeenMarks =>
  seq > seen[by] ? { ...seen, [by]: seq } : seen;

/** Moves one side's mark; marks never go back. */
export const applySeen = (log: MessageLog, by: Side, seq: number): MessageLog => ({
  ...log,
  seen: movedMark(log.seen, by, seq),
});

/** How many messages of the other side came after what `reader` has seen. */
export function unreadBy(reader: Side, log: MessageLog): number {
  return log.entries.filter(
    (entry) => textOf(entry) !== undefined && entry.author.kind !== reader && entry.seq > log.seen[reader],
  ).length;
}

/** How far one of our own messages has come. */
export type SendState = "sending" | "waiting" | "refused" | "sent" | "seen";

export interface ShownMessage {
  kind: "message";
  /** The entry's id: the same before and after the acknowledgement, so that a bubble is never doubled. */
  id: string;
  seq: number | null;
  at: number;
  author: Author;
  text: string;
  /** Written by our side. */
  own: boolean;
  /** Null for messages of the other side. */
  state: SendState | null;
  /** The code of the refusal, or empty. */
  refused: string;
}

export interface ShownClosing {
  kind: "closed";
  id: string;
  seq: number;
  at: number;
  author: Author;
}

export type ShownItem = ShownMessage | ShownClosing;

/** What `shownItems` needs besides the log. */
export interface ShownOptions {
  /** Which side is ours. */
  side: Side;
  /** Messages of this conversation that are not acknowledged. */
  pending: readonly PendingCommand[];
  isSending: (id: string) => boolean;
}

/** What the thread shows: the entries, then what is still on its way. */
export function shownItems(log: MessageLog, options: ShownOptions): ShownItem[] {
  const known = new Set(log.entries.map((entry) => entry.id));
  const waiting = options.pending.filter((message) => !known.has(message.id));
  return [
    ...log.entries.flatMap((entry) => shownEntry(entry, log, options.side)),
    ...waiting.map((message) => shownPending(message, options)),
  ];
}

function shownEntry(entry: Entry, log: MessageLog, side: Side): ShownItem[] {
  const { id, seq, at, author } = entry;
  if (entry.kind === "closed" && entry.data) return [{ kind: "closed", id, seq, at, author }];
  const text = textOf(entry);
  if (text === undefined) return [];
  const own = author.kind === side;
  const seen = seq <= log.seen[side === "visitor" ? "operator" : "visitor"];
  const state = own ? (seen ? "seen" : "sent") : null;
  return [{ kind: "message", id, seq, at, author, text, own, state, refused: "" }];
}

function shownPending({ id, at, text, refused }: PendingCommand, options: ShownOptions): ShownMessage {
  const state = refused ? "refused" : options.isSending(id) ? "sending" : "waiting";
  return { kind: "message", id, seq: null, at, author: { kind: options.side }, text, own: true, state, refused };
}
