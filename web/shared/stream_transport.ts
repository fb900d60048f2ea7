/** What the three ways of carrying a stream have in common: WebSocket, streaming HTTP, long poll. */
import type { AnyClientFrame, AnyServerFrame } from "./wire";

/** Close codes that stream.ts decides by; docs/protocol.md lists all. */
export const CloseCode = {
  asked: 1000,
  /** Ended without a word (RFC 6455, 7.4.1: never on the wire). */
  lost: 1006,
  /** The server restarts, or wants this client elsewhere. */
  comeBack: 1012,
  sessionEnded: 4401,
  noConversation: 4404,
  silence: 4408,
  tooMuch: 4429,
  /** Ours, never on the wire: no connection to the server at all. */
  unreachable: 0,
  /** Ours too: a page of a foreign origin, which the server refuses before there is a stream. */
  originRefused: -1,
} as const;

/** Told by a transport. After `ended` it says nothing more. */
export interface TransportEvents {
  frame(frame: AnyServerFrame): void;
  ended(code: number): void;
}

/** One open stream. Frames are sent in order. */
export interface Transport {
  send(frame: AnyClientFrame): void;
  /** Ends it without an `ended` event. */
  close(): void;
}

/** Passes events on until the end, then falls silent: a late answer must not touch the stream that came after. */
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

/** A frame from its text; null when it is not one (a proxy's words, or a half line). */
export function parseFrame(text: string): AnyServerFrame | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && "op" in value ? (value as AnyServerFrame) : null;
  } catch {
    return null;
  }
}
