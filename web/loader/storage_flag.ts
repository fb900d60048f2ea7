/**
 * The only item that the loader may store: whether the chat of this tab is open. The format and rules are those of
 * web/storage/storage.ts, which is too large for a page that may never open the chat.
 */
import { openKey, openLifetime } from "../storage/storage_registry";

export type OpenFlag = "open" | "minimised";

const keyOf = (site: string) => openKey.replace("{site}", site);

/** Return the flag of this tab; null if it is absent, invalid or expired, or storage is blocked. */
export function readOpenFlag(site: string): OpenFlag | null {
  try {
    const { v: flag, until } = JSON.parse(sessionStorage.getItem(keyOf(site)) ?? "{}");
    // More time is left than the declared lifetime: the value was edited.
    const left = until - Date.now();
    return left > 0 && left <= openLifetime && (flag === "open" || flag === "minimised") ? flag : null;
  } catch {
    return null;
  }
}

/** Store the flag, or delete the stored one. Without storage the chat is closed on the next page. */
export function writeOpenFlag(site: string, flag: OpenFlag | false): void {
  try {
    if (flag) sessionStorage.setItem(keyOf(site), JSON.stringify({ v: flag, until: Date.now() + openLifetime }));
    else sessionStorage.removeItem(keyOf(site));
  } catch {
    // Blocked or full: see above.
  }
}
