/**
 * The one item the loader may keep: whether the chat of this tab is open. Same format and rules as web/shared/storage.ts,
 * which is too heavy for a page that may never open the chat.
 */
import { openKey, openLifetime } from "../shared/storage_registry";

export type OpenFlag = "open" | "minimised";

const keyOf = (site: string) => openKey.replace("{site}", site);

/** The flag of this tab; null when there is none, it is not as we write it, it expired, or storage is blocked. */
export function readOpenFlag(site: string): OpenFlag | null {
  try {
    const kept = JSON.parse(sessionStorage.getItem(keyOf(site)) ?? "{}");
    // More is left than was promised: somebody has edited it.
    const left = kept.until - Date.now();
    return left > 0 && left <= openLifetime && (kept.v === "open" || kept.v === "minimised") ? kept.v : null;
  } catch {
    return null;
  }
}

/** Keeps the flag, or removes it when null. Without storage the chat is simply closed on the next page. */
export function writeOpenFlag(site: string, flag: OpenFlag | null): void {
  try {
    if (flag) sessionStorage.setItem(keyOf(site), JSON.stringify({ v: flag, until: Date.now() + openLifetime }));
    else sessionStorage.removeItem(keyOf(site));
  } catch {
    // Blocked or full: see above.
  }
}
