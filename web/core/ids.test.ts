import { expect, test } from "vitest";
import { uuid7 } from "./ids";

const FORM = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test("an ID has the form of a UUIDv7", () => {
  for (let time = 0; time < 100; time++) expect(uuid7()).toMatch(FORM);
});

test("an ID contains the time of RFC 9562, appendix A.6", () => {
  expect(uuid7(0x017f22e279b0).slice(0, 13)).toBe("017f22e2-79b0");
});

test("later IDs sort later, and all are different", () => {
  const ids = Array.from({ length: 200 }, (_, index) => uuid7(1_700_000_000_000 + index));
  expect([...ids].sort()).toEqual(ids);
  expect(new Set(Array.from({ length: 500 }, () => uuid7(5))).size).toBe(500);
});
