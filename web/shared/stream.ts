/**
 * The live line to the server. It picks the way (WebSocket, else streaming HTTP, else long poll), authenticates, notices
 * when the line is dead, and comes back with its cursor until it is stopped. It knows frames, not conversations.
 */
import type { Api } from "./api";
import { proofFor } from "./proof";
import { backoff, onReconnectHint } from "./stream_backoff";
import { openHttpStream } from "./stream_http";
import { openPoll } from "./stream_poll";
import { CloseCode, type Transport, type TransportEvents } from "./stream_transport";
import { openWebSocket } from "./stream_websocket";
import { type AnyClientFrame, type AnyServerFrame, type Challenge, type End, PING_SECONDS, type Pong } from "./wire";

export type StreamState = "connecting" | "open" | "waiting";
/** Frames an application sees; the rest is the stream's own business. */
export type AppFrame = Exclude<AnyServerFrame, Challenge | Pong | End>;

type TransportKind = "websocket" | "http" | "poll";
/** Opens one way to the server. */
export type OpenTransport = (api: Api, events: TransportEvents) => Transport;

export interface StreamOptions {
  api: Api;
  /** The cursor, asked at each connection: a position (operators), a seq (visitors), or null for "from now on". */
  after: () => number | null;
  /** Visitors: the conversation that is shown; without it the newest is. */
  conversation?: () => string | null;
  /** Operators: with more entries than this after the cursor, none is sent; see docs/protocol.md. */
  within?: number;
  onState: (state: StreamState) => void;
  onFrame: (frame: AppFrame) => void;
  /** The session is over (4401): the stream has stopped for good. */
  onEnded: () => void;
  /** The origin is not allowed: the stream has stopped for good. */
  onRefused?: () => void;
  /** For tests. */
  transports?: Record<TransportKind, OpenTransport>;
}

// None of them is loaded on demand: the moment it is needed is an outage, and Firefox never loads a module again that failed once.
const TRANSPORTS: Record<TransportKind, OpenTransport> = {
  websocket: (api, events) => openWebSocket(api.address("/v1/stream"), events),
  http: openHttpStream,
  poll: openPoll,
};

const PONG_DEADLINE_MS = 10_000;
/** From opening to `welcome`, for a way that stays silent without failing. */
const WELCOME_DEADLINE_MS = 10_000;
/** A streaming answer whose first line does not come within this time is held back by something in between. */
const FIRST_LINE_DEADLINE_MS = 4_000;
/** How often a WebSocket is tried in the background while another way is in use. */
const WEBSOCKET_RETRY_MS = 300_000;
/** So often in a row a client that is told to come back does so at once; a server that says nothing else is broken. */
const MOVES = 6;
/** A line that held this long was a good one: the next wait starts small again. */
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
  #heard = false;
  readonly #timers = new Map<TimerName, ReturnType<typeof setTimeout>>();
  #stopListening: () => void = () => undefined;
  #probe: Transport | null = null;

  constructor(private readonly options: StreamOptions) {}

  get state(): StreamState | "stopped" {
    return this.#state;
  }

  /** Connects, and stays connected until `stop`. */
  start(): void {
    if (this.#state !== "stopped") return;
    this.#stopListening = onReconnectHint(() => this.#onReconnectHint());
    this.#attempt = 0;
    this.#connect("websocket");
  }

  /** Ends the stream. It may be started again. */
  stop(): void {
    this.#close();
    this.#stopListening();
    this.#state = "stopped";
  }

  /** Drops the line and connects again with the cursor: for a client that saw a gap. */
  reconnect(): void {
    if (this.#state === "stopped") return;
    this.#close();
    this.#waitAndConnect(backoff(this.#attempt++));
  }

  /** Sends a frame if the line is open; returns whether it was. */
  send(frame: AnyClientFrame): boolean {
    if (this.#state !== "open" || !this.#line) return false;
    this.#line.send(frame);
    this.#pingLater();
    return true;
  }

  #connect(way: TransportKind): void {
    this.#close();
    this.#kind = way;
    this.#heard = false;
    this.#tell("connecting");
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
    // Nothing heard at all over streaming HTTP is not "unreachable" but "held back": long poll is next.
    this.#ended(CloseCode.lost);
  }

  #receive(frame: AnyServerFrame): void {
    if (!this.#heard) {
      this.#heard = true;
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
    this.#tell("open");
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
    // Another node is there, or soon will be: a restart that goes round the nodes is no failure of any of them.
    if (wasOpen && code === CloseCode.comeBack && this.#moves++ < MOVES) this.#attempt = 0;
    const least = code === CloseCode.tooMuch ? TOO_MUCH_WAIT_MS : 0;
    this.#waitAndConnect(least + backoff(this.#attempt++));
  }

  /** The way to try at once after this one died before `welcome`, or null when waiting is better. */
  #nextTransport(code: number): TransportKind | null {
    // A code of the server's own came through, so the way works.
    if (code > CloseCode.lost) return null;
    if (this.#kind === "websocket") return "http";
    return this.#kind === "http" && code !== CloseCode.unreachable ? "poll" : null;
  }

  #waitAndConnect(delay: number): void {
    this.#tell("waiting");
    this.#after("retry", delay, () => this.#connect(this.#firstTransport()));
  }

  /** What was open lately is tried first; after that a WebSocket gets its chance again. */
  #firstTransport(): TransportKind {
    return Date.now() - this.#openedAt < WEBSOCKET_RETRY_MS ? this.#openedKind : "websocket";
  }

  #finish(tell: (() => void) | undefined): void {
    this.stop();
    tell?.();
  }

  #onReconnectHint(): void {
    if (this.#state === "waiting") this.#connect(this.#firstTransport());
    // Half-open: after a sleep or a change of network the line may be dead without a word.
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

  /** Opens a WebSocket beside the line in use; if the server is heard over it, moves there. */
  #tryWebSocket(): void {
    this.#probe = (this.options.transports ?? TRANSPORTS).websocket(this.options.api, {
      frame: () => this.#connect("websocket"),
      ended: () => this.#after("upgrade", WEBSOCKET_RETRY_MS, () => this.#tryWebSocket()),
    });
  }

  #tell(state: StreamState): void {
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
