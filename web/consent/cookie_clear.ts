/**
 * The one place of ours that touches the page's cookies, and it only ever makes them expire: after a withdrawal, those that a
 * vendor's script has set and the registry declares.
 */

import { pageDocument } from "../shared/page_document";

/** `a.b.shop.example` and every name above it that may have been the cookie's domain; empty stands for the host alone. */
export const domainsOf = (host: string): string[] => {
  const parts = host.split(".");
  return ["", ...parts.slice(0, -1).map((_, index) => parts.slice(index).join("."))];
};

/** Every path that a cookie seen on `path` may have. */
export const pathsOf = (path: string): string[] => {
  const parts = path.split("/").slice(1).filter(Boolean);
  const folders = parts.map((_, index) => `/${parts.slice(0, index + 1).join("/")}`);
  return ["/", ...folders.flatMap((folder) => [folder, `${folder}/`])];
};

/** Expires every cookie of this page whose name one of the patterns matches, wherever above us it was set. */
export function expireCookies(patterns: readonly RegExp[]): void {
  const names = pageDocument.cookie.split("; ").map((pair) => pair.split("=")[0] ?? "");
  for (const name of names.filter((one) => patterns.some((pattern) => pattern.test(one)))) {
    for (const domain of domainsOf(location.hostname)) {
      for (const path of pathsOf(location.pathname)) {
        // A partitioned cookie is another cookie than one of the same name that is not.
        for (const kind of ["", "; Secure; Partitioned"]) {
          const expired = `${name}=; Max-Age=0; Path=${path}${domain && `; Domain=${domain}`}${kind}`;
          // Not by assignment: an element named "cookie" would take it (page_document.ts).
          Reflect.set(Document.prototype, "cookie", expired, document);
        }
      }
    }
  }
}
