/** The parts of a bubble that few messages have: that it was edited, and reactions. Loaded when a message has one. */

import type { ConversationTexts } from "texts:conversation";
import type { JSX } from "preact";
import type { Entry, ReactionName } from "../wire/timeline";

const EMOJI: Readonly<Record<ReactionName, string>> = {
  like: "👍",
  love: "❤️",
  laugh: "😂",
  wow: "😮",
  sad: "😢",
  thanks: "🙏",
};

export interface MessageExtrasProps {
  /** The edits and reactions. */
  later: readonly Entry[];
  words: ConversationTexts;
}

export function MessageExtras({ later, words }: MessageExtrasProps): JSX.Element {
  const edited = later.some((entry) => entry.kind === "edited" || entry.kind === "note_edited");
  return (
    <div>
      <small>
        {edited && words.edited} {reactionsOf(later).map(({ emoji, count }) => ` ${emoji} ${count}`)}
      </small>
    </div>
  );
}

/** Return the reactions with the number of people that have each. */
export function reactionsOf(later: readonly Entry[]): { emoji: string; count: number }[] {
  const people = new Map<ReactionName, Set<string>>();
  for (const { kind, data, author } of later) {
    if (kind !== "reaction" || !data || !("reaction" in data)) continue;
    const by = people.get(data.reaction) ?? new Set();
    // A visitor receives no IDs of operators.
    const person = author.kind === "visitor" ? author.kind : (author.id ?? author.name ?? "");
    if (data.on) by.add(person);
    else by.delete(person);
    people.set(data.reaction, by);
  }
  return [...people].filter(([, by]) => by.size > 0).map(([name, by]) => ({ emoji: EMOJI[name], count: by.size }));
}
