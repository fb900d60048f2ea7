import { expect, test } from "vitest";
import { backoff } from "./stream_backoff";

test("the bound doubles from half a second to thirty", () => {
  const bounds = [0, 1, 2, 5, 6, 50, 5_000].map((attempt) => backoff(attempt, () => 1));
  expect(bounds).toEqual([500, 1_000, 2_000, 16_000, 30_000, 30_000, 30_000]);
});

test("jitter is full: any wait from nothing to the bound", () => {
  expect(backoff(3, () => 0)).toBe(0);
  expect(backoff(3, () => 0.25)).toBe(1_000);
});
