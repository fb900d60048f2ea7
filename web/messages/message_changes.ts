/** Entries about other entries: edits, deletions and reactions. Pure functions of immutable values. */

import type { Entry } from "../wire/timeline";

/** The entries about each message or note, in order, by its ID. */
export type About = ReadonlyMap<string, readonly Entry[]>;

/** Return the ID of the message or note that the entry is about, or undefined. */
const targetOf = ({ data }: Entry): string | undefined => (data && "entry" in data ? data.entry : undefined);

/** Return the ID of the message or note that the entry reports as deleted, or undefined. */
export const deletionOf = (entry: Entry): string | undefined =>
  entry.kind === "deleted" || entry.kind === "note_deleted" ? targetOf(entry) : undefined;

/** Return the entries without the content of the messages and notes that `later` entries report as deleted. */
export function withoutDeleted(
  entries: readonly Entry[],
  later: readonly Entry[],
  emptied: (entry: Entry) => Entry,
): readonly Entry[] {
  const gone = new Set(later.map(deletionOf));
  gone.delete(undefined);
  if (!gone.size) return entries;
  // A deletion is about the message too, and remains.
  return entries.map((entry) =>
    gone.has(entry.id) || (gone.has(targetOf(entry)) && !deletionOf(entry)) ? emptied(entry) : entry,
  );
}

/** Return the entries about each message and note. */
export function entriesAbout(entries: readonly Entry[]): About {
  const about = new Map<string, Entry[]>();
  for (const entry of entries) {
    const target = targetOf(entry);
    if (target) about.set(target, [...(about.get(target) ?? []), entry]);
  }
  return about;
}

/** Return the newest text of a message or a note, or an empty string. */
export function newestText(entry: Entry | undefined, about: About): string {
  if (!entry?.data || !("text" in entry.data)) return "";
  let { text } = entry.data;
  for (const { data } of about.get(entry.id) ?? []) if (data && "text" in data) text = data.text;
  return text;
}
