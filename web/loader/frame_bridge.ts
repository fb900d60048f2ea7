/**
 * The channel between page and frame: a MessageChannel, offered to exactly the Crumbless origin (docs/protocol.md, "Framing").
 */

import { pageDocument } from "../core/page_document";

/** The number of unread messages as the badge shows it and as a text. Both are empty if there are none. */
export interface UnreadMessages {
  badge: string;
  label: string;
}

/** The values of `crumbless.open` that the loader may store. Before the visitor writes, it may store none. */
export interface AllowedFlags {
  /** The visitor has written in this tab, or the device stores their conversation. */
  open: boolean;
  /** The device stores a conversation: the frame is loaded again on the next page. */
  minimised: boolean;
}

/** The messages of the frame; the first one is its greeting. */
export type FrameMessage =
  | { say: "close" }
  | ({ say: "unread" } & UnreadMessages)
  | ({ say: "flags" } & AllowedFlags)
  | { say: "keep" };

/** The token by which the page verifies its visitor; null after they signed out there, undefined before the page sent any. */
export type VerifiedIdentity = string | null | undefined;

/** Sends the frame its visibility, whether the focus should move into it, and the page's visitor identity. */
export type ShowFrame = (shown: boolean, focus: boolean, jwt: VerifiedIdentity) => void;

/** Load the frame from `path` of the Crumbless origin into `panel`. It replaces an earlier frame. */
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
