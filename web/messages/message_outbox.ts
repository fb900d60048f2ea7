/**
 * Commands that wait for an acknowledgement: messages, and on the desk notes and closings. Each has the same ID from the press of
 * its button until the server acknowledges it. The ID survives failed sends, reloads and restarts, so that a resend is the same
 * command.
 *
 * One command of a conversation is sent at a time. Otherwise the second could overtake a rejected first one.
 */

import { uuid7 } from "../core/ids";
import type { Failure } from "../wire/frames";
import type { Entry } from "../wire/timeline";
import { textOf } from "./message_log";
import type { PendingCommand } from "./pending_command";

export interface OutboxOptions {
  /** Stores the list on the device; called after each change. */
  save: (pending: PendingCommand[]) => void;
  /** Passes the command to the stream. Returns whether the stream was open. */
  send: (command: PendingCommand) => boolean;
  /** Called when something visible has changed. */
  onChange: () => void;
  /** Returns the entry that the client already has under this ID, to distinguish a repeat from a conflict. */
  entryOf?: (id: string) => Entry | undefined;
}

/** Temporary rejections: the message is sent again after `retry_after`. */
const RETRYABLE = new Set(["busy", "slow_down", "internal"]);
/** Without a response for this long, the command is sent again with the same ID. The server recognises the repeat. */
const ACK_DEADLINE_MS = 20_000;
const LEAST_WAIT_MS = 1_000;

type Timer = ReturnType<typeof setTimeout>;

export class CommandOutbox {
  #pending: PendingCommand[];
  /** IDs that were passed to the open stream, each with the timer of its resend. */
  readonly #travelling = new Map<string, Timer>();
  /** IDs that wait for `retry_after`. */
  readonly #resting = new Map<string, Timer>();
  #running = false;

  /** @param stored the value that `save` stored last time, as it was read from storage */
  constructor(
    private readonly options: OutboxOptions,
    stored: readonly PendingCommand[] = [],
  ) {
    this.#pending = [...stored];
  }

  /** All unacknowledged commands, oldest first. */
  get pending(): readonly PendingCommand[] {
    return this.#pending;
  }

  /** Return whether the message is being sent, or is next on an open stream. Otherwise it waits. */
  isSending(id: string): boolean {
    return this.#running && !this.#resting.has(id);
  }

  /** Add a command. It is stored until it is acknowledged or withdrawn. */
  add(conversation: string, text: string, op?: PendingCommand["op"]): PendingCommand {
    const message = { ...(op && { op }), id: uuid7(), conversation, text, at: Date.now(), refused: "" };
    this.#change([...this.#pending, message]);
    this.#sendNext();
    return message;
  }

  /** Send everything again, in order. Called when the stream is open, after each `welcome`. */
  resume(): void {
    this.#forgetTimers();
    this.#running = true;
    this.#sendNext();
    this.options.onChange();
  }

  /** Stop all resends. Called when the stream is lost. */
  pause(): void {
    this.#running = false;
    this.#forgetTimers();
    this.options.onChange();
  }

  /** Remove a command that the server has stored: an `ack` or the entry itself arrived. Unknown IDs are ignored. */
  acknowledge(id: string): void {
    if (!this.#pending.some((message) => message.id === id)) return;
    this.#clearTimers(id);
    this.#change(this.#pending.filter((message) => message.id !== id));
    this.#sendNext();
  }

  /**
   * Handle an `error` frame. Frames for other IDs are ignored. A `slow_down` contains no ID if the server rejected the frame
   * unread. It may then concern any command in flight, and sending one twice is harmless.
   */
  refuse(failure: Pick<Failure, "code"> & { id?: string; retry_after?: number }): void {
    if (!failure.id && RETRYABLE.has(failure.code)) {
      for (const id of [...this.#travelling.keys()]) this.refuse({ ...failure, id });
      return;
    }
    const message = this.#pending.find((command) => command.id === failure.id);
    if (!message) return;
    this.#clearTimers(message.id);
    // It was stored and deleted since. It must not be sent again.
    if (failure.code === "deleted") this.acknowledge(message.id);
    else if (RETRYABLE.has(failure.code)) this.#sendLater(message.id, failure.retry_after ?? 0);
    else if (failure.code === "id_conflict") this.#settleConflict(message);
    else this.#replace(message.id, { ...message, refused: failure.code });
    this.#sendNext();
  }

  /** Send a rejected message again. */
  retry(id: string): void {
    const message = this.#pending.find((command) => command.id === id);
    if (!message) return;
    this.#replace(id, { ...message, refused: "" });
    this.#sendNext();
  }

  /** Remove a message and return its text for the box; empty if it is no longer here. */
  withdraw(id: string): string {
    const message = this.#pending.find((command) => command.id === id);
    this.#clearTimers(id);
    this.#change(this.#pending.filter((command) => command.id !== id));
    this.#sendNext();
    return message?.text ?? "";
  }

  /** Remove every message of a conversation that was erased. */
  forget(conversation: string): void {
    const gone = this.#pending.filter((command) => command.conversation === conversation);
    if (gone.length === 0) return;
    for (const { id } of gone) this.#clearTimers(id);
    this.#change(this.#pending.filter((command) => command.conversation !== conversation));
  }

  /** Move every message to another conversation: "" after a session ended, its ID when a new one has started. */
  reassign(conversation: string): void {
    this.#change(this.#pending.map((message) => ({ ...message, conversation })));
    this.#sendNext();
  }

  /** Remove every message without sending it. */
  clear(): void {
    for (const { id } of this.#pending) this.#clearTimers(id);
    this.#change([]);
  }

  /** The oldest message that waits for a new conversation. */
  get first(): PendingCommand | null {
    return this.#pending.find((message) => message.conversation === "" && !message.refused) ?? null;
  }

  #sendNext(): void {
    if (!this.#running) return;
    const busy = new Set(
      this.#pending.filter((command) => this.#isUnderWay(command.id)).map((command) => command.conversation),
    );
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

  /** The ID is taken. An entry with the same text is this message; for a different text the message needs a new ID. */
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

/** Return whether a value from storage is a list of pending commands. */
export function isPendingList(value: unknown): value is PendingCommand[] {
  return Array.isArray(value) && value.every(isPendingCommand);
}

/** Return whether a value from storage is a pending command. */
export function isPendingCommand(value: unknown): value is PendingCommand {
  if (typeof value !== "object" || value === null) return false;
  const { op, id, conversation, text, at, refused } = value as Record<string, unknown>;
  return (
    (op === undefined || op === "note" || op === "close") &&
    [id, conversation, text, refused].every((field) => typeof field === "string") &&
    typeof at === "number"
  );
}
