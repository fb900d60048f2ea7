/** Typing notices: sends our own, and expires those of others. */
import type { TypingNow } from "../wire/frames";
import type { Author } from "../wire/timeline";

const REPEAT_MS = 3_000;
/** After this long without a key press, typing has stopped. */
const PAUSE_MS = 4_000;
const EXPIRE_MS = 6_000;

type Timer = ReturnType<typeof setTimeout>;

/** Converts key presses to one "on" every 3 seconds and one "off". */
export class TypingSender {
  #sentAt = 0;
  #on = false;
  #pause: Timer | undefined;

  constructor(private readonly send: (on: boolean) => void) {}

  typed(): void {
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => this.stopped(), PAUSE_MS);
    if (this.#on && Date.now() - this.#sentAt < REPEAT_MS) return;
    this.#on = true;
    this.#sentAt = Date.now();
    this.send(true);
  }

  stopped(): void {
    clearTimeout(this.#pause);
    if (!this.#on) return;
    this.#on = false;
    this.send(false);
  }
}

/** The typing notice of one conversation. It ends when the author stops, sends a message, or is silent for 6 seconds. */
export class TypingState {
  #by: Author | null = null;
  #lapse: Timer | undefined;

  constructor(private readonly onChange: (by: Author | null) => void) {}

  receive({ on, by }: Pick<TypingNow, "on" | "by">): void {
    this.#set(on ? by : null);
  }

  /** A message of this side has arrived, so that its typing notice ends. */
  wrote(author: Author): void {
    if (this.#by?.kind === author.kind) this.#set(null);
  }

  clear(): void {
    this.#set(null);
  }

  #set(by: Author | null): void {
    clearTimeout(this.#lapse);
    if (by) this.#lapse = setTimeout(() => this.#set(null), EXPIRE_MS);
    if (by?.name === this.#by?.name && by?.kind === this.#by?.kind) return;
    this.#by = by;
    this.onChange(by);
  }
}
