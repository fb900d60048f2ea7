/**
 * One visitor's chat without its views. It connects session, stream, outbox and thread. The view reads its state and reports the
 * visitor's actions.
 */
import type { Api } from "../../core/api";
import {
  applyEntries,
  applySeen,
  emptyLog,
  type MessageLog,
  type ShownItem,
  shownItems,
  unreadBy,
} from "../../messages/message_log";
import { CommandOutbox } from "../../messages/message_outbox";
import type { PendingCommand } from "../../messages/pending_command";
import { type AppFrame, Stream, type StreamOptions, type StreamState } from "../../stream/stream";
import { TypingState } from "../../stream/typing";
import type { StartResponse } from "../../wire/conversation_wire";
import type { Ack, Welcome } from "../../wire/frames";
import type { Author, Entry } from "../../wire/timeline";
import { newChat, startOnce, waitForRetry } from "./chat_start";
import type { ChatKey, ChatStorage } from "./chat_storage";

export interface ChatOptions {
  site: string;
  api: Api;
  storage: ChatStorage;
  /** Messages that storage still contains from before a reload. */
  kept: readonly PendingCommand[];
  savePending: (pending: PendingCommand[]) => void;
  /** Resolves to the origin of the page around the chat. */
  pageOrigin: () => Promise<string>;
  /** An operator's message arrived while the visitor does not see the thread. */
  onUnseen?: () => void;
  /** The conversation is stored for the next page of the site, or has ended. */
  onStored: (stored: boolean) => void;
  onChange: () => void;
  /** For tests. */
  openStream?: (options: StreamOptions) => Pick<Stream, "start" | "stop" | "send" | "reconnect">;
}

export class Chat {
  /** "idle": there is no conversation, and no connection. */
  state: StreamState | "idle" = "idle";
  /** The connection was lost and is not back yet. Attempts in between do not change it, so that the text does not flicker. */
  away = false;
  /** The session has ended. The thread is still shown; the next message starts a new session. */
  ended = false;
  /** The server does not allow this page's origin. */
  refusedSite = false;
  /** The browser did not store the chat on the device. */
  keepRefused = false;
  /** A notice about this chat, until another begins; empty for none. */
  notice = "";
  /** The token by which the page verifies the visitor, for a chat that begins. */
  identity: string | undefined;
  typing: Author | null = null;
  readonly outbox: CommandOutbox;
  #log: MessageLog = emptyLog();
  #chat: ChatKey | null = null;
  #starting = false;
  #stored = false;
  #stopWatching: () => void = () => undefined;
  #watched = false;
  /** The seen mark that was last sent to the server. */
  #sentSeen = 0;
  #consent: string | null = null;
  readonly #stream: Pick<Stream, "start" | "stop" | "send" | "reconnect">;
  readonly #typingWatch: TypingState;

  constructor(private readonly options: ChatOptions) {
    this.#typingWatch = new TypingState((by) => {
      this.typing = by;
      options.onChange();
    });
    this.outbox = new CommandOutbox(
      {
        save: options.savePending,
        send: ({ id, conversation, text }) => this.#stream.send({ op: "send", id, conversation, text }),
        onChange: options.onChange,
        entryOf: (id) => this.#log.entries.find((entry) => entry.id === id),
      },
      options.kept,
    );
    const open = options.openStream ?? ((settings: StreamOptions) => new Stream(settings));
    this.#stream = open({
      api: options.api,
      after: () => this.#log.lastSeq,
      conversation: () => this.conversation,
      onState: (state) => this.#stateChanged(state),
      onFrame: (frame) => this.#receive(frame),
      onEnded: () => void this.sessionEnded(),
      onRefused: () => this.#originRefused(),
    });
  }

  get items(): ShownItem[] {
    const isSending = (id: string) => this.outbox.isSending(id) || (this.#starting && this.state === "connecting");
    return shownItems(this.#log, { side: "visitor", pending: this.outbox.pending, isSending });
  }

  /** The conversation that is shown; null before the first message. */
  get conversation(): string | null {
    return this.#chat?.conversation || null;
  }

  get running(): boolean {
    return Boolean(this.#chat?.token);
  }

  get unread(): number {
    return unreadBy("visitor", this.#log);
  }

  /** Whether no part of this chat outlives the page. */
  get memoryOnly(): boolean {
    return this.running && this.options.storage.keeping === "memory";
  }

  /** Set the receipt of the page's consent, or null. */
  consentChanged(receipt: string | null): void {
    this.#consent = receipt;
    if (this.state === "open") this.#sendConsent();
  }

  /** A failure costs the site one event and does not affect the visitor. The next connection sends the consent again. */
  #sendConsent(): void {
    this.options.api
      .post("/v1/visitor/consent", { receipt: this.#consent, conversation: this.conversation })
      .catch(() => undefined);
  }

  /**
   * Restore the chat that the device stores, and messages that were never sent.
   *
   * @param adopted a chat that began on another device: it is not stored here before the visitor writes here
   */
  async restore(adopted?: ChatKey): Promise<void> {
    await this.#takeUp(adopted);
    if (!this.running && this.outbox.first) void this.#start();
  }

  showNotice(text: string): void {
    this.notice = text;
    this.options.onChange();
  }

  send(text: string): void {
    this.outbox.add(this.#chat?.conversation ?? "", text);
    if (!this.running) void this.#start();
    else if (this.#chat) {
      void this.options.storage.save(this.#chat);
      this.#nowStored();
    }
  }

  retry(id: string): void {
    this.outbox.retry(id);
    if (!this.running) void this.#start();
  }

  sendTyping(on: boolean): void {
    if (this.#chat?.token) this.#stream.send({ op: "typing", conversation: this.#chat.conversation, on });
  }

  /** Set whether the visitor can see the newest message. */
  watched(watched: boolean): void {
    this.#watched = watched;
    this.#markSeen();
  }

  storedUntil(): number | null {
    return this.#chat?.token ? this.options.storage.storedUntil(this.#chat) : null;
  }

  /** Apply the checkbox "Keep this chat on this device". */
  async keep(on: boolean): Promise<void> {
    if (!this.#chat) return;
    if (on) this.keepRefused = !(await this.options.storage.keep(this.#chat));
    else await this.options.storage.unkeep(this.#chat);
    this.options.onChange();
  }

  /** Start as a new visitor: a value that the session needs was deleted from the device. */
  leave(): void {
    this.#letGo();
    this.#showAnew(emptyLog());
    this.#setState("idle");
  }

  /** Handle the end of the session by the server. The thread is still shown until another chat begins. */
  async sessionEnded(): Promise<void> {
    const chat = this.#chat;
    if (!chat) return;
    this.#letGo();
    this.ended = true;
    this.#setState("idle");
    await this.options.storage.forget(chat);
    this.options.onChange();
  }

  /** Delete the chat here after the server has erased the visitor's data. */
  async erased(): Promise<void> {
    const chat = this.#chat;
    this.outbox.clear();
    this.leave();
    if (chat) await this.options.storage.forget(chat);
  }

  /** Checked again before a chat begins: since this page was loaded, another tab may have stored one on the device. */
  async #takeUp(adopted?: ChatKey): Promise<void> {
    if (this.running || (this.#chat && !adopted)) return;
    // A chat that could not begin is replaced by one that has begun.
    if (this.#chat) await this.options.storage.forget(this.#chat);
    const chat = adopted ?? (await this.options.storage.load());
    if (this.running || (this.#chat && !adopted)) return;
    this.#chat = chat;
    // Messages of the lost session move to the next one.
    this.outbox.reassign(chat?.conversation ?? "");
    if (!chat?.token) return;
    this.#showAnew(emptyLog());
    if (!adopted) this.#nowStored();
    this.#run(chat);
  }

  async #start(): Promise<void> {
    if (this.#starting) return;
    this.#starting = true;
    try {
      await this.#startUntilDone();
    } finally {
      this.#starting = false;
      if (!this.running) this.#setState("idle");
    }
  }

  async #startUntilDone(): Promise<void> {
    this.#setState("connecting");
    await this.#takeUp();
    if (this.running) return;
    const { site } = this.options;
    const origin = await this.options.pageOrigin();
    const chat = this.#chat ?? (await newChat());
    this.#chat = chat;
    await this.options.storage.save(chat);
    for (let attempt = 0; this.outbox.first && !this.running; attempt++) {
      const first = this.outbox.first;
      const page = { site, origin, consent: this.#consent, identity: this.identity };
      const outcome = await startOnce(this.options.api, chat, first, page, attempt);
      if (outcome.kind === "started") await this.#started(chat, first, outcome.answer);
      else if (outcome.kind === "refused") this.#startRefused(first, outcome.code);
      else await this.#waitToStart(outcome.wait);
    }
  }

  async #waitToStart(wait: number): Promise<void> {
    this.#setState("waiting");
    await waitForRetry(wait);
    this.#setState("connecting");
  }

  #startRefused(first: PendingCommand, code: string): void {
    if (code === "foreign_origin" || code === "not_found") this.refusedSite = true;
    this.outbox.refuse({ code, id: first.id });
  }

  async #started(chat: ChatKey, first: PendingCommand, answer: StartResponse): Promise<void> {
    const { token, expires_at: expiresAt, visitor, conversation, entry } = answer;
    this.#chat = chat = { ...chat, token, expiresAt, visitor, conversation };
    this.#showAnew(applyEntries(emptyLog(), [entry]).log);
    this.outbox.acknowledge(first.id);
    this.outbox.reassign(conversation);
    await this.options.storage.save(chat);
    // The page or the visitor has left the chat in the meantime.
    if (!this.#chat) return this.options.storage.forget(chat);
    this.#nowStored();
    this.#run(chat);
  }

  /** Show a thread in place of the previous session's thread. */
  #showAnew(log: MessageLog): void {
    this.ended = false;
    this.refusedSite = false;
    this.notice = "";
    this.#sentSeen = 0;
    this.#log = log;
  }

  /** A chat from another device is stored here with its first message from here. */
  #nowStored(): void {
    if (!this.#stored) this.options.onStored(true);
    this.#stored = true;
  }

  #run(chat: ChatKey): void {
    const { token, key } = chat;
    this.options.api.session = { token, key };
    this.#stopWatching = this.options.storage.watch(chat, () => this.leave(), this.options.onChange);
    this.#stream.start();
    this.options.onChange();
  }

  #stateChanged(state: StreamState): void {
    if (state !== "open") {
      this.outbox.pause();
      this.#typingWatch.clear();
    }
    this.#setState(state);
  }

  #setState(state: StreamState | "idle"): void {
    this.state = state;
    if (state !== "connecting") this.away = state === "waiting";
    this.options.onChange();
  }

  #receive(frame: AppFrame): void {
    switch (frame.op) {
      case "welcome":
        this.#welcome(frame);
        break;
      case "entries":
        this.#take(frame.entries);
        break;
      case "ack":
        this.#acknowledged(frame);
        break;
      case "typing":
        if (frame.by.kind === "operator") this.#typingWatch.receive(frame);
        break;
      case "seen":
        this.#log = applySeen(this.#log, frame.by, frame.seq);
        break;
      case "error":
        this.outbox.refuse(frame);
    }
    this.#markSeen();
    this.options.onChange();
  }

  #welcome({ conversation }: Welcome): void {
    if (conversation) {
      this.#sentSeen = conversation.seen.visitor;
      this.#log = applySeen(this.#log, "visitor", conversation.seen.visitor);
      this.#log = applySeen(this.#log, "operator", conversation.seen.operator);
    }
    // The server stores the consent of a chat in memory only, and may have restarted.
    if (this.#consent) this.#sendConsent();
    this.outbox.resume();
  }

  #take(entries: readonly Entry[]): void {
    const { log, added, gap } = applyEntries(this.#log, entries);
    this.#log = log;
    for (const entry of added) {
      this.outbox.acknowledge(entry.id);
      this.#typingWatch.wrote(entry.author);
    }
    const fromOperator = added.some((entry) => entry.kind === "message" && entry.author.kind === "operator");
    if (fromOperator && !this.#watched) this.options.onUnseen?.();
    if (gap) this.#stream.reconnect();
  }

  /** The bubble must not vanish between `ack` and `entries`. If no entry is missing in between, the entry is known already. */
  #acknowledged({ id, conversation, seq, at }: Ack): void {
    const text = this.outbox.pending.find((message) => message.id === id)?.text;
    if (text !== undefined && seq === this.#log.lastSeq + 1) {
      this.#take([{ id, conversation, seq, at, kind: "message", author: { kind: "visitor" }, data: { text } }]);
    } else if (seq <= this.#log.lastSeq) this.outbox.acknowledge(id);
  }

  #markSeen(): void {
    const { lastSeq } = this.#log;
    if (!this.#watched || !this.#chat?.token || lastSeq <= this.#sentSeen) return;
    if (!this.#stream.send({ op: "seen", conversation: this.#chat.conversation, seq: lastSeq })) return;
    this.#sentSeen = lastSeq;
    this.#log = applySeen(this.#log, "visitor", lastSeq);
    this.options.onChange();
  }

  #letGo(): void {
    this.#stopWatching();
    this.#stream.stop();
    this.#typingWatch.clear();
    this.#chat = null;
    this.options.api.session = null;
    this.outbox.pause();
    this.outbox.reassign("");
    for (const message of [...this.outbox.pending]) this.outbox.refuse({ code: "session_ended", id: message.id });
    this.#stored = false;
    this.options.onStored(false);
  }

  #originRefused(): void {
    this.refusedSite = true;
    this.outbox.pause();
    this.#setState("idle");
  }
}
