/** Tells our chat's frame, and nobody else, which receipt the visitor's consent has (docs/protocol.md, "Consent between page and frame"). */

/** The window of the chat that the loader has put on this page. */
const chatWindow = (): Window | null =>
  document.querySelector("crumbless-chat")?.shadowRoot?.querySelector("iframe")?.contentWindow ?? null;

/**
 * Answers the frame when it asks, and tells it again after each change.
 *
 * @param onAsk called when it asks, before it is answered
 * @returns call it after a change, and once the page stands: a frame that asked before this script ran got no answer
 */
export function answerFrame(origin: string, receipt: () => string | null, onAsk: () => void): () => void {
  const tell = () => chatWindow()?.postMessage({ crumbless: "consent", receipt: receipt() }, origin);
  addEventListener("message", ({ data, source, origin: from }) => {
    if (data?.crumbless !== "consent?" || from !== origin || source !== chatWindow()) return;
    onAsk();
    tell();
  });
  return tell;
}
