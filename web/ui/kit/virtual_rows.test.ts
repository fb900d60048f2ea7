import { describe, expect, it } from "vitest";
import { rowAfterKey, scrollTo, visibleRows } from "./virtual_rows";

describe("visibleRows", () => {
  it.each([
    [0, 0, 16],
    [64, 0, 17],
    [6400, 94, 116],
    [6_400_000 - 640, 99_984, 100_000],
    [99_999_999, 100_000, 100_000],
  ])("at %i pixels, the rows from %i to %i are in the page", (scrollTop, first, end) => {
    expect(visibleRows(scrollTop, 640, 64, 100_000)).toEqual({ first, end });
  });

  it("an empty list has none", () => {
    expect(visibleRows(0, 640, 64, 0)).toEqual({ first: 0, end: 0 });
  });
});

it.each([
  [5, 0, 0],
  [10, 0, 64],
  [3, 640, 192],
  [15, 640, 640],
])("row %i is shown from %i by scrolling to %i", (row, scrollTop, result) => {
  expect(scrollTo(row, scrollTop, 640, 64)).toBe(result);
});

it.each([
  ["ArrowDown", 5, 6],
  ["ArrowDown", 99, 99],
  ["ArrowUp", 0, 0],
  ["PageDown", 5, 15],
  ["PageUp", 5, 0],
  ["Home", 50, 0],
  ["End", 50, 99],
  ["a", 50, undefined],
])("%s moves from row %i to %s", (key, row, result) => {
  expect(rowAfterKey(key, row, 100, 10)).toBe(result);
});
