import { expect, it } from "vitest";
import { findTyped } from "./typed_search";

const LABELS = ["Assign", "Archive", "Close", "Ban", "Copy"];

it.each([
  ["c", 0, 2],
  ["cc", 2, 4],
  ["c", 4, 2],
  ["a", 0, 1],
  ["a", 1, 0],
  ["ar", 0, 1],
  ["co", 2, 4],
  ["B", -1, 3],
  ["x", 0, -1],
])("after %s at %i, the focus is at %i", (typed, from, index) => {
  expect(findTyped(typed, LABELS, from)).toBe(index);
});
