/** The page's consent, as consent.js tells it to the chat (docs/protocol.md, "Consent between page and frame"). */

/** Longest receipt that the server reads (domain/bounds.py); its own have 22 characters. */
const MAX_RECEIPT = 64;

/**
 * Asks the page around the chat, and listens to what it says from then on.
 *
 * @param origin of that page, already known to be one of the site's: nobody else is asked or heard
 * @param onReceipt told the receipt of what is granted; null when nothing is
 */
export function askConsent(origin: string, onReceipt: (receipt: string | null) => void): void {
  const page = window.parent;
  if (page === window) return;
  addEventListener("message", ({ data, source, origin: from }) => {
    if (source !== page || from !== origin || data?.crumbless !== "consent") return;
    // A receipt that is too long holds nothing. It must not make the server refuse the chat.
    onReceipt(typeof data.receipt === "string" && data.receipt.length <= MAX_RECEIPT ? data.receipt : null);
  });
  page.postMessage({ crumbless: "consent?" }, origin);
}
