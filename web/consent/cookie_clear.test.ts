import { afterEach, expect, test, vi } from "vitest";
import { domainsOf, expireCookies, pathsOf } from "./cookie_clear";

afterEach(() => vi.unstubAllGlobals());

/** Stub the page's cookies: the readable ones, and those that are assigned. */
function stubCookies(shown: string): string[] {
  const assigned: string[] = [];
  vi.stubGlobal("location", { hostname: "www.shop.example", pathname: "/teas/mint" });
  vi.stubGlobal("Document", {
    prototype: {
      get cookie() {
        return shown;
      },
      set cookie(text: string) {
        assigned.push(text);
      },
    },
  });
  // An element of this name, which a page's mark-up can put in place of the document's own property.
  vi.stubGlobal("document", { cookie: {} });
  return assigned;
}

test("every domain and path that can reach the page is tried", () => {
  expect(domainsOf("www.shop.example")).toEqual(["", "www.shop.example", "shop.example"]);
  expect(domainsOf("localhost")).toEqual([""]);
  expect(pathsOf("/")).toEqual(["/"]);
  expect(pathsOf("/teas/mint")).toEqual(["/", "/teas", "/teas/", "/teas/mint", "/teas/mint/"]);
});

test("only matching cookies expire, and no cookie is set", () => {
  const assigned = stubCookies("_ga=1; _gaudy=2; session=3");
  expireCookies([/^_ga$/]);
  expect(assigned).toHaveLength(3 * 5 * 2);
  for (const text of assigned) expect(text).toMatch(/^_ga=; Max-Age=0; Path=\//);
  expect(assigned).toContain("_ga=; Max-Age=0; Path=/; Domain=shop.example");
  expect(assigned).toContain("_ga=; Max-Age=0; Path=/teas; Domain=shop.example; Secure; Partitioned");
});

test("without a matching cookie nothing is assigned", () => {
  const assigned = stubCookies("session=3");
  expireCookies([/^_ga$/]);
  expect(assigned).toEqual([]);
});
