/**
 * All live data of the desk. It passes the stream's frames to the list, the thread, the outbox and the sound, and sends the
 * operator's actions. It does not depend on views or storage: both are passed in.
 *
 * State that several views of the desk read is in signals: in this folder, or in desk/app for the page itself. A view reads
 * `.value` and is rendered again when it changes. `useState` is for state of one view, such as an open dialog or the text of a
 * field. There are no other listeners in the desk (tests/house/test_browser_state.py).
 *
 * The chat frame has no signals: they would add 2.7 kB to its 28.1 kB (compressed), and its budget is 30. It has one chat and
 * one view. Each change calls `onChange`, and the whole view is rendered again (frame/chat/chat_screen.tsx).
 */
import { computed, effect, signal, untracked } from "@preact/signals";
import { type Api, ApiProblem } from "../../core/api";
import { deletionOf } from "../../messages/message_changes";
import { isErasure } from "../../messages/message_log";
import { CommandOutbox } from "../../messages/message_outbox";
import type { PendingCommand } from "../../messages/pending_command";
import type { StoredInbox, StoredThread } from "../../storage/storage_values";
import { type AppFrame, Stream, type StreamOptions, type StreamState } from "../../stream/stream";
import type {
  Close,
  ConversationSummary,
  DiskNow,
  Failure,
  Note,
  Operator,
  Send,
  TypingNow,
  Welcome,
} from "../../wire/frames";
import { PERMISSIONS, type Verb } from "../../wire/permissions";
import type { Entry } from "../../wire/timeline";
import { resumeInbox } from "./inbox_model";
import { InboxSync } from "./inbox_sync";
import { type Recalled, ThreadSync } from "./thread_sync";
import { applyTyping, expireTyping, NOBODY, stopTyping } from "./typing_watch";

/** The feed's interface to a stream; a double in tests. */
export type StreamLike = Pick<Stream, "start" | "stop" | "reconnect" | "send">;

export interface FeedOptions {
  readonly api: Api;
  /** Commands without an acknowledgement from before the page was left. */
  readonly kept: readonly PendingCommand[];
  readonly keep: (unsent: readonly PendingCommand[]) => void;
  /** Called with visitors' messages that the operator does not see. */
  readonly ring: (unseen: readonly Entry[]) => void;
  /** The server rejects our session. */
  readonly onEnded: () => void;
  /** A visitor has erased a conversation. No part of it may stay stored here. */
  readonly onErased: (conversation: string) => void;
  /** A message or note of a conversation was deleted that is not in memory. No copy of it may stay stored here. */
  readonly onDeleted: (conversation: string) => void;
  /** Called with the signed-in operator, as soon as the server has sent it. */
  readonly onOperator: (operator: Operator) => void;
  /** Whether the page is visible now. */
  readonly isVisible: () => boolean;
  /** The operator who has just signed in. For a restored session, the stream provides it. */
  readonly operator?: Operator | null;
  /** The data that this device stored on an earlier visit. */
  readonly warm?: CachedState | null;
  /** Returns the data that this device stores of a thread. */
  readonly recall?: (id: string) => Promise<StoredThread | null>;
  /** The data that this device stores is obsolete and has to be deleted. */
  readonly onStartOver?: () => void;
  /** For tests. */
  readonly openLine?: (options: StreamOptions) => StreamLike;
}

/** The list at the end of the last visit, and the thread in the address. */
export interface CachedState {
  readonly inbox: StoredInbox;
  readonly thread: { readonly id: string; readonly kept: StoredThread } | null;
}

/** If more entries than this have been added since the last visit, a new page of the list costs less than all of them. */
export const WITHIN = 500;
/** Codes by which the server reports an invalid session. */
const ENDED_CODES = new Set(["invalid_token", "invalid_proof"]);

export class DeskFeed {
  readonly inbox: InboxSync;
  readonly threads: ThreadSync;
  readonly connection = signal<StreamState>("connecting");
  readonly operator = signal<Operator | null>(null);
  /** From when a session like this one needs a second factor, in milliseconds since 1970; 0: never. */
  readonly secondFactorFrom = signal(0);
  readonly typists = signal(NOBODY);
  /** The state of the server's disk, for owners and admins. */
  readonly disk = signal<DiskNow["state"]>("");
  /** All unacknowledged commands, and a number that grows with each change of their state. */
  readonly outbox: CommandOutbox;
  readonly outboxChanges = signal(0);
  /** Conversations that are being closed, with the ID of the closing entry. */
  readonly closing = computed<ReadonlyMap<string, string>>(() => {
    void this.outboxChanges.value;
    const closings = this.outbox.pending.filter((command) => command.op === "close");
    return new Map(closings.map(({ conversation, id }) => [conversation, id]));
  });
  /** The conversation whose closing was rejected last. */
  readonly closeRefused = signal<string | null>(null);
  readonly #line: StreamLike;
  /** Whether the end of the shown thread is in view. */
  #atEnd = false;
  #unfollow: () => void = () => {};
  /** The operator has left, perhaps while the list was still loading. */
  #stopped = false;
  /** The next `entries` frame is the server's response to our cursor. */
  #catchingUp = false;
  /** The operator receives every entry, so that a skipped position means a lost entry. */
  #complete = true;

  constructor(private readonly options: FeedOptions) {
    const api = { get: <T>(path: string) => this.#ask<T>(path) };
    this.inbox = new InboxSync(api);
    const { recall } = options;
    const learn = (summary: ConversationSummary) => this.inbox.learn(summary);
    this.threads = new ThreadSync(api, learn, recall && ((id) => this.#recall(id, recall)));
    this.operator.value = options.operator ?? null;
    if (options.warm) this.#resume(options.warm);
    this.#line = (options.openLine ?? ((streamOptions) => new Stream(streamOptions)))({
      api: options.api,
      after: () => this.inbox.inbox.peek().position,
      within: WITHIN,
      onState: (state) => this.#connected(state),
      onFrame: (frame) => this.#receive(frame),
      onEnded: options.onEnded,
    });
    this.outbox = new CommandOutbox(
      {
        save: options.keep,
        send: (command) => this.#line.send(frameOf(command)),
        onChange: () => this.outboxChanges.value++,
        entryOf: (id) => this.threads.thread.peek()?.log.entries.find((entry) => entry.id === id),
      },
      options.kept,
    );
  }

  /** Load the inbox, then follow it. It may be called again after a failure. */
  async start(): Promise<void> {
    this.#unfollow();
    this.#unfollow = effect(() => {
      if (this.threads.thread.value) untracked(() => this.reportSeen());
    });
    this.#stopped = false;
    if ((await this.inbox.load()) && !this.#stopped) this.#line.start();
  }

  /** Return whether the operator's role allows the verb. Before the role is known, the server decides. */
  may(verb: Verb): boolean {
    const role = this.operator.value?.role;
    return role === undefined || PERMISSIONS[role].includes(verb);
  }

  /** Apply changes that the operator made to their own account. */
  changeOperator(changed: Partial<Operator>): void {
    const operator = this.operator.peek();
    if (operator) this.operator.value = { ...operator, ...changed };
  }

  stop(): void {
    this.#stopped = true;
    this.#unfollow();
    this.#line.stop();
  }

  /** Shows a conversation; null shows none. */
  open(id: string | null): void {
    if (id === this.threads.selected.peek()) return;
    this.closeRefused.value = null;
    this.#atEnd = false;
    this.threads.open(id);
  }

  reply(conversation: string, text: string): void {
    this.outbox.add(conversation, text);
  }

  /** Remove every unsent command: they were deleted from the browser. */
  forgetUnsent(): void {
    if (this.outbox.pending.length > 0) this.outbox.clear();
  }

  /** Report to the others that the operator types, or has stopped. */
  typing(conversation: string, on: boolean): void {
    this.#line.send({ op: "typing", conversation, on });
  }

  /** Report whether the end of the shown thread is in view. */
  scrolled(atEnd: boolean): void {
    this.#atEnd = atEnd;
    this.reportSeen();
  }

  /** Close the shown conversation. Without a connection, this happens after reconnecting and after the waiting replies. */
  close(): void {
    const id = this.threads.selected.peek();
    if (!id || this.closing.peek().has(id)) return;
    this.closeRefused.value = null;
    this.outbox.add(id, "", "close");
  }

  /**
   * Report to the server that the shown thread has been read to its end. Called whenever that may have become true.
   *
   * @param again report it even if it was reported before: the connection may have died with the frame
   */
  reportSeen(again = false): void {
    const thread = this.threads.thread.peek();
    if (thread?.state !== "ready" || !this.#atEnd || !this.options.isVisible() || !this.may("mark_seen")) return;
    const { id, log } = thread;
    const known = this.inbox.summary(id)?.seen.operator ?? 0;
    if (log.lastSeq === 0 || (!again && log.lastSeq <= known)) return;
    if (!this.#line.send({ op: "seen", conversation: id, seq: log.lastSeq })) return;
    this.#markSeen(id, "operator", log.lastSeq);
  }

  /** Remove expired typing notices. Called about every second. */
  expire(now: number): void {
    this.typists.value = expireTyping(this.typists.peek(), now);
  }

  #connected(state: StreamState): void {
    this.connection.value = state;
    if (state !== "open") this.outbox.pause();
  }

  #receive(frame: AppFrame): void {
    switch (frame.op) {
      case "welcome":
        // If the disk is not healthy, the server reports it right after this frame.
        this.disk.value = "";
        this.#welcomed(frame);
        break;
      case "entries":
        this.#apply(frame.entries);
        break;
      case "ack":
        this.outbox.acknowledge(frame.id);
        break;
      case "seen":
        this.#markSeen(frame.conversation, frame.by, frame.seq);
        break;
      case "typing":
        this.#receiveTyping(frame);
        break;
      case "disk":
        this.disk.value = frame.state;
        break;
      case "error":
        this.#refused(frame);
    }
  }

  #receiveTyping(frame: TypingNow): void {
    // The operator's own typing in another tab is not shown.
    if (frame.by.id && frame.by.id === this.operator.peek()?.id) return;
    this.typists.value = applyTyping(this.typists.peek(), frame, Date.now());
  }

  #resume({ inbox, thread }: CachedState): void {
    this.operator.value = inbox.operator;
    this.inbox.resume(resumeInbox(inbox));
    if (thread) this.threads.resume(thread.id, this.#reached(thread.id, thread.kept));
  }

  async #recall(id: string, recall: (id: string) => Promise<StoredThread | null>): Promise<Recalled | null> {
    const kept = await recall(id);
    return kept && this.#reached(id, kept);
  }

  /** A thread that is missing in the list may have grown since: the stored part cannot be complete. */
  #reached(id: string, kept: StoredThread): Recalled {
    const summary = this.inbox.summary(id);
    return { kept, reach: summary?.last_seq ?? Number.POSITIVE_INFINITY, seen: summary?.seen ?? kept.seen };
  }

  #welcomed({ position, you, operator, second_factor_from, complete }: Welcome): void {
    this.#complete = complete;
    this.secondFactorFrom.value = second_factor_from ?? 0;
    const behind = position - this.inbox.inbox.peek().position;
    const known = this.operator.peek();
    const foreign = behind < 0 || (known !== null && (known.id !== you.id || !seesTheSame(known, operator)));
    this.#learnOperator(operator);
    if (foreign || behind > WITHIN) {
      void this.#startOver(foreign);
      return;
    }
    this.#catchingUp = behind > 0;
    this.inbox.askAgain();
    this.threads.askAgain();
    this.outbox.resume();
    this.reportSeen(true);
  }

  /** Our cursor is too old or invalid: another operator, another scope, or a restored database. */
  async #startOver(foreign: boolean): Promise<void> {
    this.#line.stop();
    this.options.onStartOver?.();
    if (foreign) {
      this.inbox.forget();
      this.threads.forget();
    }
    if (!(await this.inbox.load(true)) || this.#stopped) return;
    this.threads.startOver();
    this.#line.start();
  }

  #apply(entries: readonly Entry[]): void {
    const { arrived, gap } = this.inbox.apply(entries, this.#catchingUp || !this.#complete);
    this.#catchingUp = false;
    if (gap) this.#line.reconnect();
    // Entries behind a gap arrive again after the reconnect. The thread finds its own gaps by seq.
    this.threads.apply(entries);
    for (const entry of entries) this.#settle(entry);
    const unseen = arrived.filter((entry) => !this.#isLookedAt(entry.conversation));
    if (unseen.length > 0) this.options.ring(unseen);
  }

  #settle(entry: Entry): void {
    this.outbox.acknowledge(entry.id);
    this.typists.value = stopTyping(this.typists.peek(), entry.conversation, entry.author);
    if (isErasure(entry)) this.#erased(entry.conversation);
    if (deletionOf(entry) && !this.threads.threads.peek().has(entry.conversation))
      this.options.onDeleted(entry.conversation);
  }

  /** Waiting replies are deleted too: they have no recipient, and they may quote erased texts. */
  #erased(conversation: string): void {
    this.outbox.forget(conversation);
    this.options.onErased(conversation);
  }

  #isLookedAt(conversation: string): boolean {
    return this.options.isVisible() && this.threads.selected.peek() === conversation;
  }

  #markSeen(id: string, by: "visitor" | "operator", seq: number): void {
    this.inbox.markSeen(id, by, seq);
    this.threads.markSeen(id, by, seq);
  }

  #refused(failure: Failure): void {
    const command = this.outbox.pending.find((command) => command.id === failure.id);
    if (failure.code === "erased" && command) {
      this.#erased(command.conversation);
      return;
    }
    this.outbox.refuse(failure);
    const closing = this.outbox.pending.find(
      (command) => command.id === failure.id && command.op === "close" && command.refused,
    );
    if (!closing) return;
    this.outbox.withdraw(closing.id);
    this.closeRefused.value = closing.conversation;
  }

  #learnOperator(operator: Operator | null): void {
    if (!operator) return;
    this.operator.value = operator;
    this.options.onOperator(operator);
  }

  /** Send a request to the server. The session counts as ended only after two such responses. */
  async #ask<T>(path: string): Promise<T> {
    try {
      return await this.options.api.get<T>(path);
    } catch (cause) {
      if (!saysEnded(cause)) throw cause;
    }
    try {
      return await this.options.api.get<T>(path);
    } catch (cause) {
      if (saysEnded(cause)) this.options.onEnded();
      throw cause;
    }
  }
}

/** Return the command as a frame of the stream. */
function frameOf({ op, id, conversation, text }: PendingCommand): Send | Note | Close {
  return op === "close" ? { op, id, conversation } : { op: op ?? "send", id, conversation, text };
}

function seesTheSame(known: Operator, operator: Operator | null): boolean {
  return (known.scope ?? 0) === (operator?.scope ?? 0);
}

function saysEnded(cause: unknown): boolean {
  return cause instanceof ApiProblem && cause.status === 401 && ENDED_CODES.has(cause.code);
}
