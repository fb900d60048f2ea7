/** The line between page and frame: a MessageChannel, offered to exactly the Crumbless origin (docs/protocol.md, "Framing"). */

import { pageDocument } from "../shared/page_document";

/** What the frame says; its first words are those it greets with. */
export type FrameMessage =
  | { say: "close" }
  | { say: "unread"; count: number }
  | { say: "started" }
  | { say: "ended" }
  | { say: "keep" };

/** A token by which the page verifies its visitor, null once they signed out there, undefined while it has said nothing. */
export type VerifiedIdentity = string | null | undefined;

/** Tells the frame whether it is visible, whether the focus should move into it, and what the page said of its visitor. */
export type ShowFrame = (shown: boolean, focus: boolean, jwt: VerifiedIdentity) => void;

/** Loads the frame, which stands at `path` of the Crumbless origin, into `panel`, in place of one that was there. */
export function openFrame(
  panel: HTMLElement,
  origin: string,
  path: string,
  title: string,
  onSays: (says: FrameMessage, ports: readonly MessagePort[]) => void,
): ShowFrame {
  const frame = pageDocument.createElement("iframe");
  let port: MessagePort | undefined;
  let newest = {};
  frame.title = title;
  frame.referrerPolicy = "no-referrer";
  frame.onload = () => {
    const channel = new MessageChannel();
    port = channel.port1;
    port.onmessage = (message) => onSays(message.data, message.ports);
    frame.contentWindow?.postMessage({ crumbless: "connect" }, origin, [channel.port2]);
    port.postMessage(newest);
  };
  frame.src = origin + path;
  panel.querySelector("iframe")?.remove();
  panel.append(frame);
  return (shown, focus, jwt) => {
    newest = { say: shown ? "shown" : "hidden", focus, jwt };
    if (focus) frame.focus();
    port?.postMessage(newest);
  };
}
