/**
 * The only code that touches the page's cookies. It only makes them expire: after a withdrawal, the cookies that a vendor's
 * script has set and the registry declares.
 */

import { pageDocument } from "../core/page_document";

/** Return `a.b.shop.example` and every parent name that may be the cookie's domain; empty means the host alone. */
export const domainsOf = (host: string): string[] => {
  const parts = host.split(".");
  return ["", ...parts.slice(0, -1).map((_, index) => parts.slice(index).join("."))];
};

/** Return every path that a cookie seen on `path` may have. */
export const pathsOf = (path: string): string[] => {
  const parts = path.split("/").slice(1).filter(Boolean);
  const folders = parts.map((_, index) => `/${parts.slice(0, index + 1).join("/")}`);
  return ["/", ...folders.flatMap((folder) => [folder, `${folder}/`])];
};

/** Expire every cookie of this page whose name matches one of the patterns, on every parent domain and path. */
export function expireCookies(patterns: readonly RegExp[]): void {
  const names = pageDocument.cookie.split("; ").map((pair) => pair.split("=")[0] ?? "");
  for (const name of names.filter((cookie) => patterns.some((pattern) => pattern.test(cookie)))) {
    for (const domain of domainsOf(location.hostname)) {
      for (const path of pathsOf(location.pathname)) {
        // A partitioned cookie is separate from an unpartitioned one of the same name.
        for (const kind of ["", "; Secure; Partitioned"]) {
          const expired = `${name}=; Max-Age=0; Path=${path}${domain && `; Domain=${domain}`}${kind}`;
          // Not by assignment: an element named "cookie" would replace the property (page_document.ts).
          Reflect.set(Document.prototype, "cookie", expired, document);
        }
      }
    }
  }
}
