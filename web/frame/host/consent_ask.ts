/** The page's consent, as consent.js sends it to the chat (docs/protocol.md, "Consent between page and frame"). */

/** Longest receipt ID that the server reads (core/bounds.py); its own have 22 characters. */
const MAX_RECEIPT = 64;

/**
 * Ask the page around the chat and listen for its answers.
 *
 * @param origin the page's origin, which is already known to be one of the site's; messages from others are ignored
 * @param onReceipt called with the receipt ID of the grant; null if nothing is granted
 */
export function askConsent(origin: string, onReceipt: (receipt: string | null) => void): void {
  const page = window.parent;
  if (page === window) return;
  addEventListener("message", ({ data, source, origin: from }) => {
    if (source !== page || from !== origin || data?.crumbless !== "consent") return;
    // A receipt ID that is too long is ignored. It must not make the server reject the chat.
    onReceipt(typeof data.receipt === "string" && data.receipt.length <= MAX_RECEIPT ? data.receipt : null);
  });
  page.postMessage({ crumbless: "consent?" }, origin);
}
