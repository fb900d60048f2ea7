/**
 * Deletes the items of vendors' scripts on this page's origin. It never writes, and it deletes only items that the registry
 * declares.
 */
import type { Row } from "./consent_config";
import { expireCookies } from "./cookie_clear";

/** Return a pattern for every key that `key` declares; `{…}` is a variable part. */
export const patternOf = (key: string): RegExp =>
  new RegExp(`^${key.replace(/[.$]/g, "\\$&").replace(/\{\w+\}/g, ".+")}$`);

/** A blocked mechanism contains no items to delete. */
const attempt = async (deletion: () => unknown): Promise<void> => {
  try {
    await deletion();
  } catch {
    // See above.
  }
};

const removeTexts = (store: Storage, isOurs: (key: string) => boolean): void => {
  for (const key of Object.keys(store).filter(isOurs)) store.removeItem(key);
};

const removeDatabase = (name: string): Promise<void> =>
  new Promise((done) => {
    const request = indexedDB.deleteDatabase(name);
    // Blocked: another page has it open. That page is about to reload, and then the database is deleted.
    request.onsuccess = request.onerror = request.onblocked = () => done();
  });

/** Delete the items of these rows in every mechanism. For databases and caches the key is the name. */
export async function clearVendorStorage(rows: readonly Row[]): Promise<void> {
  const patternsIn = (mechanism: string) =>
    rows.filter(([where, , , , domain]) => where === mechanism && !domain).map(([, key]) => patternOf(key));
  const declaredIn = (mechanism: string) => {
    const patterns = patternsIn(mechanism);
    return (key: string | undefined) => patterns.some((pattern) => pattern.test(key ?? ""));
  };
  await attempt(() => expireCookies(patternsIn("cookie")));
  for (const place of ["localStorage", "sessionStorage"] as const) {
    await attempt(() => removeTexts(globalThis[place], declaredIn(place)));
  }
  await attempt(async () => {
    const isOurs = declaredIn("IndexedDB");
    for (const { name } of await indexedDB.databases()) if (name && isOurs(name)) await removeDatabase(name);
  });
  await attempt(async () => {
    for (const name of (await caches.keys()).filter(declaredIn("Cache Storage"))) await caches.delete(name);
  });
}
