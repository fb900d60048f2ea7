// The typing operators and visitors as an immutable value. Typing frames are not stored and their end may be lost, so each one
// expires.
import type { TypingNow } from "../../wire/frames";
import type { Author } from "../../wire/timeline";

/** How long "on" is valid without a repeat, in milliseconds. */
export const EXPIRE_AFTER = 6_000;

interface Typist {
  readonly by: Author;
  /** Milliseconds since 1970. */
  readonly until: number;
}

/** Conversation ID → its typing authors, the latest last. */
export type Typists = ReadonlyMap<string, readonly Typist[]>;

export const NOBODY: Typists = new Map();

/** Apply a typing frame that arrived at `now` (milliseconds since 1970). */
export function applyTyping(
  typists: Typists,
  frame: Pick<TypingNow, "conversation" | "by" | "on">,
  now: number,
): Typists {
  const others = withoutAuthor(typists.get(frame.conversation) ?? [], frame.by);
  const here = frame.on ? [...others, { by: frame.by, until: now + EXPIRE_AFTER }] : others;
  return put(typists, frame.conversation, here);
}

/** Remove an author's typing notice: their message has arrived. */
export function stopTyping(typists: Typists, conversation: string, by: Author): Typists {
  return applyTyping(typists, { conversation, by, on: false }, 0);
}

/** Remove notices that have expired at `now`. Returns the same value if there are none. */
export function expireTyping(typists: Typists, now: number): Typists {
  let left = typists;
  for (const [conversation, here] of typists) {
    const still = here.filter((typist) => typist.until > now);
    if (still.length < here.length) left = put(left, conversation, still);
  }
  return left;
}

/** Return the author who started last in this conversation, or null. */
export function whoTypes(typists: Typists, conversation: string): Author | null {
  return typists.get(conversation)?.at(-1)?.by ?? null;
}

function withoutAuthor(typists: readonly Typist[], by: Author): readonly Typist[] {
  return typists.filter((typist) => typist.by.kind !== by.kind || typist.by.id !== by.id);
}

function put(typists: Typists, conversation: string, here: readonly Typist[]): Typists {
  if (here.length === 0 && !typists.has(conversation)) return typists;
  const next = new Map(typists);
  if (here.length > 0) next.set(conversation, here);
  else next.delete(conversation);
  return next;
}
