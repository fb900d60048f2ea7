/** The thread of one conversation, computed from its entries. Values are immutable; there is no I/O. */

import type { Author, Entry, SeenMarks, Side } from "../wire/timeline";
import { type About, entriesAbout, newestText, withoutDeleted } from "./message_changes";
import type { PendingCommand } from "./pending_command";

/** A contiguous part of a timeline, in seq order, and the position up to which each side has read. */
export interface MessageLog {
  readonly entries: readonly Entry[];
  /** The seq of the newest known entry, 0 before the first: the cursor. */
  readonly lastSeq: number;
  readonly seen: SeenMarks;
}

/** The result of applying entries. After a gap the caller reconnects with its cursor. No entry behind the gap was added. */
export interface Applied {
  log: MessageLog;
  /** The new entries, in order. */
  added: Entry[];
  gap: boolean;
}

/** Return a log without entries. Set `lastSeq` if the log continues after entries that are not shown. */
export const emptyLog = (lastSeq = 0): MessageLog => ({ entries: [], lastSeq, seen: { visitor: 0, operator: 0 } });

/** Return whether this entry reports that the conversation was erased: by the visitor, an operator or a retention rule. It is always the last entry. */
export const isErasure = (entry: Entry | null | undefined): boolean => entry?.kind === "erased";

/** Return whether the conversation with these newest entries was erased. */
export const isErased = (entries: readonly Entry[]): boolean => isErasure(entries.at(-1));

/** Return the shell of an erased entry. It is the same on the server and wherever the entry is stored. */
const emptied = (entry: Entry): Entry =>
  isErasure(entry) ? entry : { ...entry, author: { kind: entry.author.kind }, data: null };

/** Return the text of a message; undefined for an erased message and for other kinds. */
export const textOf = (entry: Entry | null | undefined): string | undefined =>
  entry?.kind === "message" ? entry.data?.text : undefined;

const joined = (earlier: readonly Entry[], later: readonly Entry[]): readonly Entry[] => {
  const all = [...earlier, ...later];
  return isErased(later) ? all.map(emptied) : withoutDeleted(all, later, emptied);
};

/**
 * Append entries. Known entries are ignored; a gap ends the operation. An erasure empties all earlier entries, a deletion those that
 * it names.
 */
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

/** Insert an earlier page before the log. Known entries are ignored. */
export function prependEntries(log: MessageLog, page: readonly Entry[]): MessageLog {
  const firstSeq = log.entries[0]?.seq ?? Number.POSITIVE_INFINITY;
  const earlier = page.filter((entry) => entry.seq < firstSeq);
  return { ...log, entries: joined(earlier, log.entries), lastSeq: Math.max(log.lastSeq, earlier.at(-1)?.seq ?? 0) };
}

/** An author has read everything before the message: a message moves its author's mark to itself. */
function seenAfter(seen: SeenMarks, entry: Entry): SeenMarks {
  const by = entry.author.kind;
  return entry.kind === "message" && (by === "visitor" || by === "operator") ? movedMark(seen, by, entry.seq) : seen;
}

const movedMark = (seen: SeenMarks, by: Side, seq: number): SeenMarks =>
  seq > seen[by] ? { ...seen, [by]: seq } : seen;

/** Move one side's mark. Marks never go back. */
export const applySeen = (log: MessageLog, by: Side, seq: number): MessageLog => ({
  ...log,
  seen: movedMark(log.seen, by, seq),
});

/** Return the number of the other side's messages after the mark of `reader`. */
export function unreadBy(reader: Side, log: MessageLog): number {
  return log.entries.filter(
    (entry) => textOf(entry) !== undefined && entry.author.kind !== reader && entry.seq > log.seen[reader],
  ).length;
}

/** The send state of one of our messages. */
export type SendState = "sending" | "waiting" | "refused" | "sent" | "seen";

export interface ShownMessage {
  kind: "message";
  /** The entry's ID. It is the same before and after the acknowledgement, so that no bubble is shown twice. */
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
  /** A note for the team. */
  note?: boolean;
  /** The message was deleted. */
  deleted?: boolean;
  /** The edits of the message, and the reactions to it. */
  later?: readonly Entry[] | undefined;
  /** The text of the quoted message, empty if it is deleted or not loaded; undefined without a quote. */
  quote?: string | undefined;
}

/** A change of the conversation, shown as a line. */
export interface ShownClosing {
  kind: "closed";
  /** The entry's kind. Visitors receive closings only. */
  change: Entry["kind"];
  id: string;
  seq: number;
  at: number;
  author: Author;
}

export type ShownItem = ShownMessage | ShownClosing;

/** Inputs of `shownItems` besides the log. */
export interface ShownOptions {
  /** Our own side. */
  side: Side;
  /** Messages of this conversation without an acknowledgement. */
  pending: readonly PendingCommand[];
  isSending: (id: string) => boolean;
}

/** Return the items of the thread: first the entries, then the unacknowledged messages. */
export function shownItems(log: MessageLog, options: ShownOptions): ShownItem[] {
  const known = new Set(log.entries.map((entry) => entry.id));
  const waiting = options.pending.filter((message) => !known.has(message.id));
  const about = entriesAbout(log.entries);
  return [
    ...(isErased(log.entries) ? [] : log.entries.flatMap((entry) => shownEntry(entry, log, options.side, about))),
    ...waiting.map((message) => shownPending(message, options)),
  ];
}

function shownEntry(entry: Entry, log: MessageLog, side: Side, about: About): ShownItem[] {
  const { id, seq, at, author } = entry;
  const { data } = entry;
  if (entry.kind !== "message" && entry.kind !== "note")
    return data && !("entry" in data) ? [{ kind: "closed", change: entry.kind, id, seq, at, author }] : [];
  const own = author.kind === side;
  const note = entry.kind === "note";
  const seen = seq <= log.seen[side === "visitor" ? "operator" : "visitor"];
  const state = own && data && !note ? (seen ? "seen" : "sent") : null;
  const text = newestText(entry, about);
  const quoted = data && "quote" in data && data.quote;
  const quote = quoted
    ? newestText(
        log.entries.find((one) => one.id === quoted),
        about,
      )
    : undefined;
  const later = about.get(id);
  return [{ kind: "message", id, seq, at, author, text, own, state, refused: "", note, deleted: !data, later, quote }];
}

function shownPending({ id, at, text, refused }: PendingCommand, options: ShownOptions): ShownMessage {
  const state = refused ? "refused" : options.isSending(id) ? "sending" : "waiting";
  return { kind: "message", id, seq: null, at, author: { kind: options.side }, text, own: true, state, refused };
}
