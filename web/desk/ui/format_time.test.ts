import { describe, expect, it } from "vitest";
import { formatFullTime, formatTime } from "./format_time";

const NOW = new Date(2026, 10, 25, 15, 30).getTime();
const ago = (minutes: number): number => NOW - minutes * 60_000;

describe("formatTime", () => {
  it.each([
    [ago(0.9), "now"],
    [ago(-5), "now"],
    [ago(2), "2 min"],
    [ago(59.9), "59 min"],
    [ago(85), "14:05"],
    [new Date(2026, 10, 23, 9, 0).getTime(), "Mon"],
    [new Date(2026, 2, 12).getTime(), "12 Mar"],
    [new Date(2025, 2, 12).getTime(), "12 Mar 2025"],
  ])("%s is shown as %s", (at, words) => {
    expect(formatTime(at, NOW, "en-GB")).toBe(words);
  });

  it("the same weekday of last week is shown as its date", () => {
    expect(formatTime(new Date(2026, 10, 18, 16, 0).getTime(), NOW, "en-GB")).toBe("18 Nov");
  });

  it("yesterday evening is shown as a weekday, once an hour has passed after midnight", () => {
    const midnight = new Date(2026, 10, 25, 0, 30).getTime();
    expect(formatTime(midnight - 40 * 60_000, midnight, "en-GB")).toBe("40 min");
    expect(formatTime(midnight - 90 * 60_000, midnight, "en-GB")).toBe("Tue");
  });

  it("the reader's language is used", () => {
    expect(formatTime(ago(0), NOW, "de")).toBe("jetzt");
    expect(formatTime(ago(2), NOW, "fr")).toBe("2\u00a0min");
    expect(formatTime(ago(0), NOW, "ar")).toBe("الآن");
  });
});

it("the full time contains date and time", () => {
  expect(formatFullTime(NOW, "en-GB")).toContain("25 November 2026");
});
