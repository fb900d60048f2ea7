import { expect, it } from "vitest";
import { PAGES, readEntryLink, readPage, readRoute, writePage, writeRoute } from "./desk_route";

const ID = "01930f5e-7c1a-7b3c-8d4e-5f6a7b8c9d0e";

it("a written route is read back", () => {
  expect(readRoute(writeRoute(ID))).toBe(ID);
  expect(readRoute(writeRoute(null))).toBeNull();
});

it.each(["", "#", "#/c/", "#/c/../../v1/desk/me", `#/c/${ID}/x`, `#/c/${ID.toUpperCase()}`, `x#/c/${ID}`])(
  "%s is not read as a conversation",
  (fragment) => {
    expect(readRoute(fragment)).toBeNull();
  },
);

it("only fragments of pages are read as pages", () => {
  for (const page of PAGES) expect(readPage(writePage(page))).toEqual({ page, item: null });
  expect(readPage(writePage("sites", "tea-shop"))).toEqual({ page: "sites", item: "tea-shop" });
  for (const other of ["#/settings", "#/settings/", "#/settings/constructor", "#/settings/sites/a/b", "#/"]) {
    expect(readPage(other)).toBeNull();
  }
});

it("only fragments of email links are read as links", () => {
  const secret = "s-_".repeat(12);
  expect(readEntryLink(`#invite=${secret}`)).toEqual({ kind: "invite", secret });
  for (const other of ["#invite=", "#invite=short", `#other=${secret}`, `#/invite=${secret}`, `#invite=${secret}%20`]) {
    expect(readEntryLink(other)).toBeNull();
  }
});
