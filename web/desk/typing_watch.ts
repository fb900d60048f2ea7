// Who is typing where, as a value. A typing frame is never stored and its end may be lost, so each lapses by itself.
import type { TypingNow } from "../shared/wire";
import type { Author } from "../shared/wire_timeline";

/** How long "on" holds without a repeat, in milliseconds. */
export const EXPIRE_AFTER = 6_000;

interface Typist {
  readonly by: Author;
  /** Milliseconds since 1970. */
  readonly until: number;
}

/** Conversation id → who types in it, the latest last. */
export type Typists = ReadonlyMap<string, readonly Typist[]>;

export const NOBODY: Typists = new Map();

/** Applies a typing frame that came at `now` (milliseconds since 1970). */
export function applyTyping(
  typists: Typists,
  frame: Pick<TypingNow, "conversation" | "by" | "on">,
  now: number,
): Typists {
  const others = withoutAuthor(typists.get(frame.conversation) ?? [], frame.by);
  const here = frame.on ? [...others, { by: frame.by, until: now + EXPIRE_AFTER }] : others;
  return put(typists, frame.conversation, here);
}

/** Somebody's message has arrived: that is what they were typing. */
export function stopTyping(typists: Typists, conversation: string, by: Author): Typists {
  return applyTyping(typists, { conversation, by, on: false }, 0);
}

/** Drops everybody whose time has passed at `now`; the same value when nobody's has. */
export function expireTyping(typists: Typists, now: number): Typists {
  let left = typists;
  for (const [conversation, here] of typists) {
    const still = here.filter((one) => one.until > now);
    if (still.length < here.length) left = put(left, conversation, still);
  }
  return left;
}

/** The one who started last in this conversation, or null. */
export function whoTypes(typists: Typists, conversation: string): Author | null {
  return typists.get(conversation)?.at(-1)?.by ?? null;
}

function withoutAuthor(typists: readonly Typist[], by: Author): readonly Typist[] {
  return typists.filter((one) => one.by.kind !== by.kind || one.by.id !== by.id);
}

function put(typists: Typists, conversation: string, here: readonly Typist[]): Typists {
  if (here.length === 0 && !typists.has(conversation)) return typists;
  const next = new Map(typists);
  if (here.length > 0) next.set(conversation, here);
  else next.delete(conversation);
  return next;
}
