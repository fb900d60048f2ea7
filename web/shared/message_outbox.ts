/**
 * Commands on their way to the server: messages, and on the desk notes and closings. Each has the same id from the first
 * press of its button until the server has acknowledged it, over failed sends, reloads and restarts, so that a resend is the
 * same command. One command of a conversation travels at a time: a refusal of the first must not let the second overtake it.
 */

import { uuid7 } from "./ids";
import { textOf } from "./message_log";
import type { Failure } from "./wire";
import type { Entry } from "./wire_timeline";

/** A command that is not acknowledged. */
export interface PendingCommand {
  /** The command's name in the protocol; a message when it is absent. */
  op?: "note" | "close";
  id: string;
  /** Empty until the conversation exists. */
  conversation: string;
  /** Empty for commands without one. */
  text: string;
  /** When Send was pressed, ms since 1970. */
  at: number;
  /** The code of the refusal, or empty while it will still be sent by itself. */
  refused: string;
}

export interface OutboxOptions {
  /** Keeps the list on the device; called after each change. */
  save: (pending: PendingCommand[]) => void;
  /** Hands the command to the stream; returns whether the line was open. */
  send: (command: PendingCommand) => boolean;
  /** Something shown has changed. */
  onChange: () => void;
  /** The entry that the client already has under this id, to tell a repeat from a conflict. */
  entryOf?: (id: string) => Entry | undefined;
}

/** Refusals that pass: the message is sent again after `retry_after`. */
const RETRYABLE = new Set(["busy", "slow_down", "internal"]);
/** No answer for this long: sent again with the same id, which the server takes for the same message. */
const ACK_DEADLINE_MS = 20_000;
const LEAST_WAIT_MS = 1_000;

type Timer = ReturnType<typeof setTimeout>;

export class CommandOutbox {
  #pending: PendingCommand[];
  /** Ids handed to the open line, each with the timer that sends it again. */
  readonly #travelling = new Map<string, Timer>();
  /** Ids that wait for `retry_after` to pass. */
  readonly #resting = new Map<string, Timer>();
  #running = false;

  /** @param kept what `save` kept last time, as it was read from storage */
  constructor(
    private readonly options: OutboxOptions,
    kept: readonly PendingCommand[] = [],
  ) {
    this.#pending = [...kept];
  }

  /** All that is not acknowledged, oldest first. */
  get pending(): readonly PendingCommand[] {
    return this.#pending;
  }

  /** Whether the message is on its way, or next in turn on an open line; otherwise it waits. */
  isSending(id: string): boolean {
    return this.#running && !this.#resting.has(id);
  }

  /** Takes a command over; from here on it is stored until it is acknowledged or taken back. */
  add(conversation: string, text: string, op?: PendingCommand["op"]): PendingCommand {
    const message = { ...(op && { op }), id: uuid7(), conversation, text, at: Date.now(), refused: "" };
    this.#change([...this.#pending, message]);
    this.#sendNext();
    return message;
  }

  /** The line is open (after each `welcome`): sends everything again, in order. */
  resume(): void {
    this.#forgetTimers();
    this.#running = true;
    this.#sendNext();
    this.options.onChange();
  }

  /** The line is gone: nothing is on its way any more. */
  pause(): void {
    this.#running = false;
    this.#forgetTimers();
    this.options.onChange();
  }

  /** The server has it on disk: an `ack` came, or the entry itself. Unknown ids are fine. */
  acknowledge(id: string): void {
    if (!this.#pending.some((message) => message.id === id)) return;
    this.#clearTimers(id);
    this.#change(this.#pending.filter((message) => message.id !== id));
    this.#sendNext();
  }

  /**
   * An `error` frame came. Frames for other ids are fine. A `slow_down` may name no id, when the frame was refused unread:
   * then it may have been any of those on their way, and sending one twice does no harm.
   */
  refuse(failure: Pick<Failure, "code"> & { id?: string; retry_after?: number }): void {
    if (!failure.id && RETRYABLE.has(failure.code)) {
      for (const id of [...this.#travelling.keys()]) this.refuse({ ...failure, id });
      return;
    }
    const message = this.#pending.find((one) => one.id === failure.id);
    if (!message) return;
    this.#clearTimers(message.id);
    if (RETRYABLE.has(failure.code)) this.#sendLater(message.id, failure.retry_after ?? 0);
    else if (failure.code === "id_conflict") this.#settleConflict(message);
    else this.#replace(message.id, { ...message, refused: failure.code });
    this.#sendNext();
  }

  /** Sends a refused message again. */
  retry(id: string): void {
    const message = this.#pending.find((one) => one.id === id);
    if (!message) return;
    this.#replace(id, { ...message, refused: "" });
    this.#sendNext();
  }

  /** Removes a message and hands its text back, for the box; empty when it is no longer here. */
  withdraw(id: string): string {
    const message = this.#pending.find((one) => one.id === id);
    this.#clearTimers(id);
    this.#change(this.#pending.filter((one) => one.id !== id));
    this.#sendNext();
    return message?.text ?? "";
  }

  /** Lets go of every message of a conversation: it was erased, and there is nobody to send them to. */
  forget(conversation: string): void {
    const gone = this.#pending.filter((one) => one.conversation === conversation);
    if (gone.length === 0) return;
    for (const { id } of gone) this.#clearTimers(id);
    this.#change(this.#pending.filter((one) => one.conversation !== conversation));
  }

  /** Puts every message into another conversation: "" after a session ended, its id when a new one has started. */
  reassign(conversation: string): void {
    this.#change(this.#pending.map((message) => ({ ...message, conversation })));
    this.#sendNext();
  }

  /** Lets go of every message: what was not sent is not to be sent any more. */
  clear(): void {
    for (const { id } of this.#pending) this.#clearTimers(id);
    this.#change([]);
  }

  /** The oldest message that waits for a conversation to be started with it. */
  get first(): PendingCommand | null {
    return this.#pending.find((message) => message.conversation === "" && !message.refused) ?? null;
  }

  #sendNext(): void {
    if (!this.#running) return;
    const busy = new Set(this.#pending.filter((one) => this.#isUnderWay(one.id)).map((one) => one.conversation));
    for (const message of this.#pending) {
      if (message.refused || message.conversation === "" || busy.has(message.conversation)) continue;
      busy.add(message.conversation);
      this.#send(message);
    }
  }

  #isUnderWay(id: string): boolean {
    return this.#travelling.has(id) || this.#resting.has(id);
  }

  #send(command: PendingCommand): void {
    const { id } = command;
    if (!this.options.send(command)) return;
    const again = setTimeout(() => {
      this.#travelling.delete(id);
      this.#sendNext();
    }, ACK_DEADLINE_MS);
    this.#travelling.set(id, again);
    this.options.onChange();
  }

  #sendLater(id: string, seconds: number): void {
    const again = setTimeout(
      () => {
        this.#resting.delete(id);
        this.#sendNext();
      },
      Math.max(LEAST_WAIT_MS, seconds * 1000),
    );
    this.#resting.set(id, again);
    this.options.onChange();
  }

  /** The id is taken. By the same words: this message is there already. By others: it needs an id of its own. */
  #settleConflict(message: PendingCommand): void {
    if (textOf(this.options.entryOf?.(message.id)) === message.text) this.acknowledge(message.id);
    else this.#replace(message.id, { ...message, id: uuid7() });
  }

  #replace(id: string, by: PendingCommand): void {
    this.#change(this.#pending.map((message) => (message.id === id ? by : message)));
  }

  #change(pending: PendingCommand[]): void {
    this.#pending = pending;
    this.options.save(pending);
    this.options.onChange();
  }

  #clearTimers(id: string): void {
    for (const timers of [this.#travelling, this.#resting]) {
      clearTimeout(timers.get(id));
      timers.delete(id);
    }
  }

  #forgetTimers(): void {
    for (const id of [...this.#travelling.keys(), ...this.#resting.keys()]) this.#clearTimers(id);
  }
}

/** Guards what was read from storage. */
export function isPendingList(value: unknown): value is PendingCommand[] {
  return Array.isArray(value) && value.every(isPendingCommand);
}

/** Guards one message that was read from storage. */
export function isPendingCommand(value: unknown): value is PendingCommand {
  if (typeof value !== "object" || value === null) return false;
  const { op, id, conversation, text, at, refused } = value as Record<string, unknown>;
  return (
    (op === undefined || op === "note" || op === "close") &&
    [id, conversation, text, refused].every((one) => typeof one === "string") &&
    typeof at === "number"
  );
}
