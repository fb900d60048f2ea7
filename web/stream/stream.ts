/**
 * The connection to the server. It chooses the transport (WebSocket, else streaming HTTP, else long polling), authenticates,
 * detects a dead connection, and reconnects with its cursor until it is stopped. It handles frames, not conversations.
 */

import type { Api } from "../core/api";
import { proofFor } from "../core/dpop";
import { MINUTE_MS } from "../core/time_units";
import {
  type AnyClientFrame,
  type AnyServerFrame,
  type Challenge,
  type End,
  PING_SECONDS,
  type Pong,
} from "../wire/frames";
import { backoff, onReconnectHint } from "./stream_backoff";
import { openHttpStream } from "./stream_http";
import { openPoll } from "./stream_poll";
import { CloseCode, type Transport, type TransportEvents } from "./stream_transport";
import { openWebSocket } from "./stream_websocket";

export type StreamState = "connecting" | "open" | "waiting";
/** Frames for the application; the stream handles the others itself. */
export type AppFrame = Exclude<AnyServerFrame, Challenge | Pong | End>;

type TransportKind = "websocket" | "http" | "poll";
/** Opens a connection with one transport. */
export type OpenTransport = (api: Api, events: TransportEvents) => Transport;

export interface StreamOptions {
  api: Api;
  /** Returns the cursor for each connection: a position (operators), a seq (visitors), or null for new entries only. */
  after: () => number | null;
  /** Visitors: the conversation that is shown; the newest one when absent. */
  conversation?: () => string | null;
  /** Operators: if the cursor is more entries behind than this, none is sent; see docs/protocol.md. */
  within?: number;
  onState: (state: StreamState) => void;
  onFrame: (frame: AppFrame) => void;
  /** The session has ended (4401). The stream has stopped and does not reconnect. */
  onEnded: () => void;
  /** The origin is not allowed. The stream has stopped and does not reconnect. */
  onRefused?: () => void;
  /** For tests. */
  transports?: Record<TransportKind, OpenTransport>;
}

// None of the transports is loaded on demand: they are needed in an outage, and Firefox never reloads a module after a failure.
const TRANSPORTS: Record<TransportKind, OpenTransport> = {
  websocket: (api, events) => openWebSocket(api.address("/v1/stream"), events),
  http: openHttpStream,
  poll: openPoll,
};

const PONG_DEADLINE_MS = 10_000;
/** From opening to `welcome`, for a transport that stays silent without failing. */
const WELCOME_DEADLINE_MS = 10_000;
/** If the first line of a streaming response takes longer than this, a proxy buffers it. */
const FIRST_LINE_DEADLINE_MS = 4_000;
/** How often a WebSocket is tried in the background while another transport is in use. */
const WEBSOCKET_RETRY_MS = 5 * MINUTE_MS;
/** A client that is asked to reconnect does so at once, up to this often in a row. After that the server counts as broken. */
const MOVES = 6;
/** After a connection of this length, the next wait starts small again. */
const STABLE_MS = 10_000;
const TOO_MUCH_WAIT_MS = 30_000;

type TimerName = "ping" | "pong" | "deadline" | "retry" | "upgrade";

export class Stream {
  #state: StreamState | "stopped" = "stopped";
  #kind: TransportKind = "websocket";
  #line: Transport | null = null;
  #attempt = 0;
  #moves = 0;
  #openedAt = 0;
  #openedKind: TransportKind = "websocket";
  #hasReceived = false;
  readonly #timers = new Map<TimerName, ReturnType<typeof setTimeout>>();
  #stopListening: () => void = () => undefined;
  #probe: Transport | null = null;

  constructor(private readonly options: StreamOptions) {}

  get state(): StreamState | "stopped" {
    return this.#state;
  }

  /** Connect, and stay connected until `stop`. */
  start(): void {
    if (this.#state !== "stopped") return;
    this.#stopListening = onReconnectHint(() => this.#onReconnectHint());
    this.#attempt = 0;
    this.#connect("websocket");
  }

  /** Close the stream. It may be started again. */
  stop(): void {
    this.#close();
    this.#stopListening();
    this.#state = "stopped";
  }

  /** Close the connection and connect again with the cursor: for a client that saw a gap. */
  reconnect(): void {
    if (this.#state === "stopped") return;
    this.#close();
    this.#waitAndConnect(backoff(this.#attempt++));
  }

  /** Send a frame if the stream is open; return whether it was. */
  send(frame: AnyClientFrame): boolean {
    if (this.#state !== "open" || !this.#line) return false;
    this.#line.send(frame);
    this.#pingLater();
    return true;
  }

  #connect(way: TransportKind): void {
    this.#close();
    this.#kind = way;
    this.#hasReceived = false;
    this.#report("connecting");
    const events: TransportEvents = {
      frame: (frame) => this.#receive(frame),
      ended: (code) => this.#ended(code),
    };
    this.#line = (this.options.transports ?? TRANSPORTS)[way](this.options.api, events);
    if (way === "http") this.#after("deadline", FIRST_LINE_DEADLINE_MS, () => this.#silent());
    else this.#after("deadline", WELCOME_DEADLINE_MS, () => this.#silent());
  }

  #silent(): void {
    this.#line?.close();
    // A streaming HTTP response without any data is not "unreachable" but buffered: long polling is next.
    this.#ended(CloseCode.lost);
  }

  #receive(frame: AnyServerFrame): void {
    if (!this.#hasReceived) {
      this.#hasReceived = true;
      this.#after("deadline", WELCOME_DEADLINE_MS, () => this.#silent());
    }
    this.#cancel("pong");
    switch (frame.op) {
      case "challenge":
        this.#authenticate(frame.nonce, this.#line).catch(() => this.#silent());
        return;
      case "pong":
      case "end":
        return;
      case "welcome":
        this.#opened();
    }
    this.options.onFrame(frame);
  }

  async #authenticate(nonce: string, line: Transport | null): Promise<void> {
    const { api } = this.options;
    if (!api.session) {
      this.#finish(this.options.onEnded);
      return;
    }
    const { token, key } = api.session;
    const proof = key ? await proofFor(key, "GET", api.address("/v1/stream"), nonce, token) : "";
    if (line !== this.#line) return;
    const { after, conversation, within } = this.options;
    const shown = conversation?.() ?? null;
    line?.send({
      op: "auth",
      token,
      proof,
      after: after(),
      conversation: shown,
      ...(within !== undefined && { within }),
    });
  }

  #opened(): void {
    this.#cancel("deadline");
    this.#openedAt = Date.now();
    this.#openedKind = this.#kind;
    this.#report("open");
    this.#pingLater();
    if (this.#kind !== "websocket") this.#after("upgrade", WEBSOCKET_RETRY_MS, () => this.#tryWebSocket());
  }

  #ended(code: number): void {
    const wasOpen = this.#state === "open";
    this.#close();
    if (code === CloseCode.sessionEnded || code === CloseCode.noConversation) this.#finish(this.options.onEnded);
    else if (code === CloseCode.originRefused) this.#finish(this.options.onRefused);
    else this.#reconnect(wasOpen, code);
  }

  #reconnect(wasOpen: boolean, code: number): void {
    const next = wasOpen ? null : this.#nextTransport(code);
    if (next) {
      this.#connect(next);
      return;
    }
    if (wasOpen && Date.now() - this.#openedAt > STABLE_MS) this.#attempt = this.#moves = 0;
    // Another node is available, or will be soon. A rolling restart is not a failure of a node.
    if (wasOpen && code === CloseCode.comeBack && this.#moves++ < MOVES) this.#attempt = 0;
    const least = code === CloseCode.tooMuch ? TOO_MUCH_WAIT_MS : 0;
    this.#waitAndConnect(least + backoff(this.#attempt++));
  }

  /** Return the transport to try at once after this one failed before `welcome`, or null if waiting is better. */
  #nextTransport(code: number): TransportKind | null {
    // A close code of the server has arrived, so the transport works.
    if (code > CloseCode.lost) return null;
    if (this.#kind === "websocket") return "http";
    return this.#kind === "http" && code !== CloseCode.unreachable ? "poll" : null;
  }

  #waitAndConnect(delay: number): void {
    this.#report("waiting");
    this.#after("retry", delay, () => this.#connect(this.#firstTransport()));
  }

  /** The transport that was open recently is tried first. After that, a WebSocket is tried again. */
  #firstTransport(): TransportKind {
    return Date.now() - this.#openedAt < WEBSOCKET_RETRY_MS ? this.#openedKind : "websocket";
  }

  #finish(report: (() => void) | undefined): void {
    this.stop();
    report?.();
  }

  #onReconnectHint(): void {
    if (this.#state === "waiting") this.#connect(this.#firstTransport());
    // After a sleep or a change of network the connection may be half-open: dead without an event.
    else if (this.#state === "open") this.#ping();
  }

  #pingLater(): void {
    this.#after("ping", PING_SECONDS * 1000, () => this.#ping());
  }

  #ping(): void {
    if (!this.send({ op: "ping" }) || this.#timers.has("pong")) return;
    this.#after("pong", PONG_DEADLINE_MS, () => {
      this.#line?.close();
      this.#ended(CloseCode.silence);
    });
  }

  /** Open a WebSocket beside the connection in use. If the server responds over it, move to it. */
  #tryWebSocket(): void {
    this.#probe = (this.options.transports ?? TRANSPORTS).websocket(this.options.api, {
      frame: () => this.#connect("websocket"),
      ended: () => this.#after("upgrade", WEBSOCKET_RETRY_MS, () => this.#tryWebSocket()),
    });
  }

  #report(state: StreamState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.options.onState(state);
  }

  #close(): void {
    for (const name of this.#timers.keys()) this.#cancel(name);
    this.#probe?.close();
    this.#line?.close();
    this.#probe = null;
    this.#line = null;
  }

  #after(name: TimerName, delay: number, act: () => void): void {
    this.#cancel(name);
    const timer = setTimeout(() => {
      this.#timers.delete(name);
      act();
    }, delay);
    this.#timers.set(name, timer);
  }

  #cancel(name: TimerName): void {
    clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
  }
}
