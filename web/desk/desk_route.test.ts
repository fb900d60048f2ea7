import { expect, it } from "vitest";
import { readRoute, writeRoute } from "./desk_route";

const ID = "01930f5e-7c1a-7b3c-8d4e-5f6a7b8c9d0e";

it("reads what it has written", () => {
  expect(readRoute(writeRoute(ID))).toBe(ID);
  expect(readRoute(writeRoute(null))).toBeNull();
});

it.each(["", "#", "#/c/", "#/c/../../v1/desk/me", `#/c/${ID}/x`, `#/c/${ID.toUpperCase()}`, `x#/c/${ID}`])(
  "takes %s for no conversation",
  (fragment) => {
    expect(readRoute(fragment)).toBeNull();
  },
);
