/** Tells our chat's frame, and nobody else, which receipt the visitor's consent has (docs/protocol.md, "Consent between page and frame"). */

import { findPanel } from "../shared/chat_host";

/** The window of the chat that the loader has put on this page. */
const chatWindow = () => findPanel()?.querySelector("iframe")?.contentWindow;

/**
 * Answers the frame when it asks, and tells it again after each change.
 *
 * @param onAsk called when it asks, before it is answered
 * @returns call it after a change, and once the page stands: a frame that asked before this script ran got no answer
 */
export function answerFrame(origin: string, receipt: () => string | null, onAsk: () => void): () => void {
  const tell = () => chatWindow()?.postMessage({ crumbless: "consent", receipt: receipt() }, origin);
  addEventListener("message", ({ data, source, origin: from }) => {
    if (from !== origin || source !== chatWindow() || data?.crumbless !== "consent?") return;
    onAsk();
    tell();
  });
  return tell;
}
