/** The stream over a WebSocket. */

import { PROTOCOL } from "../wire/frames";
import { CloseCode, parseFrame, type Transport, type TransportEvents, untilEnded } from "./stream_transport";

/** Open a WebSocket to the address of the stream (http or https; it never contains a token). */
export function openWebSocket(address: string, target: TransportEvents): Transport {
  const events = untilEnded(target);
  let socket: WebSocket;
  try {
    socket = new WebSocket(address.replace(/^http/, "ws"), PROTOCOL);
  } catch {
    // A policy blocked the connection before it was tried. The event comes later, like that of every other end.
    queueMicrotask(() => events.ended(CloseCode.lost));
    return { send: () => undefined, close: events.silence };
  }
  socket.onmessage = (message) => {
    const frame = typeof message.data === "string" ? parseFrame(message.data) : null;
    if (frame) events.frame(frame);
  };
  socket.onclose = (close) => events.ended(close.code);
  return {
    send: (frame) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
    },
    close: () => {
      events.silence();
      socket.close(CloseCode.requested);
    },
  };
}
