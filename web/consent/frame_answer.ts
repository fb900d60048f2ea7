/**
 * Sends the receipt ID of the visitor's consent to our chat's frame only (docs/protocol.md, "Consent between page and frame").
 */

import { findPanel } from "../core/chat_host";

/** Return the window of the chat that the loader has put on this page. */
const chatWindow = () => findPanel()?.querySelector("iframe")?.contentWindow;

/**
 * Answer the frame when it asks, and again after each change.
 *
 * @param onAsk called before each answer to the frame
 * @returns a function to call after a change and when the page is complete: a frame that asked before this script ran got no
 *   answer
 */
export function answerFrame(origin: string, receipt: () => string | null, onAsk: () => void): () => void {
  const send = () => chatWindow()?.postMessage({ crumbless: "consent", receipt: receipt() }, origin);
  addEventListener("message", ({ data, source, origin: from }) => {
    if (from !== origin || source !== chatWindow() || data?.crumbless !== "consent?") return;
    onAsk();
    send();
  });
  return send;
}
