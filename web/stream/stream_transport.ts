/** The common interface of the three transports: WebSocket, streaming HTTP and long polling. */
import type { AnyClientFrame, AnyServerFrame } from "../wire/frames";

/** Close codes that stream.ts handles; docs/protocol.md lists all. */
export const CloseCode = {
  requested: 1000,
  /** Closed without a close frame (RFC 6455, 7.4.1: never sent). */
  lost: 1006,
  /** The server restarts, or moves this client to another node. */
  comeBack: 1012,
  sessionEnded: 4401,
  noConversation: 4404,
  silence: 4408,
  tooMuch: 4429,
  /** Our own code, never sent: no connection to the server. */
  unreachable: 0,
  /** Our own code too: the server rejects the page's origin before there is a stream. */
  originRefused: -1,
} as const;

/** Events of a transport. After `ended` it sends no further event. */
export interface TransportEvents {
  frame(frame: AnyServerFrame): void;
  ended(code: number): void;
}

/** One open stream. Frames are sent in order. */
export interface Transport {
  send(frame: AnyClientFrame): void;
  /** Closes the stream without an `ended` event. */
  close(): void;
}

/** Pass events on until the end and ignore later ones: a late response must not change the stream that came after. */
export function untilEnded(events: TransportEvents): TransportEvents & { readonly over: boolean; silence(): void } {
  let over = false;
  return {
    get over() {
      return over;
    },
    silence: () => {
      over = true;
    },
    frame: (frame) => {
      if (over) return;
      if (frame.op === "end") {
        over = true;
        events.ended(frame.code);
      } else events.frame(frame);
    },
    ended: (code) => {
      if (over) return;
      over = true;
      events.ended(code);
    },
  };
}

/** Return the frame in a text; null if it is not a frame (a proxy's page, or a partial line). */
export function parseFrame(text: string): AnyServerFrame | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && "op" in value ? (value as AnyServerFrame) : null;
  } catch {
    return null;
  }
}
