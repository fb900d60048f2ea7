import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { TypingSender, TypingState } from "./typing";

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
});

afterEach(() => {
  vi.useRealTimers();
});

describe("sending", () => {
  test("on is sent at the first key, again every three seconds, and off after a pause", () => {
    const told: boolean[] = [];
    const sender = new TypingSender((on) => told.push(on));
    for (let key = 0; key < 7; key++) {
      sender.typed();
      vi.advanceTimersByTime(1_000);
    }
    expect(told).toEqual([true, true, true]);
    vi.advanceTimersByTime(4_000);
    expect(told).toEqual([true, true, true, false]);
  });

  test("off is sent once, and only after on", () => {
    const told: boolean[] = [];
    const sender = new TypingSender((on) => told.push(on));
    sender.stopped();
    sender.typed();
    sender.stopped();
    sender.stopped();
    vi.advanceTimersByTime(10_000);
    expect(told).toEqual([true, false]);
  });
});

describe("receiving", () => {
  const ann = { kind: "operator" as const, name: "Ann" };

  test("a notice expires six seconds after its last frame", () => {
    const seen: (string | undefined)[] = [];
    const watch = new TypingState((by) => seen.push(by?.name));
    watch.receive({ on: true, by: ann });
    vi.advanceTimersByTime(5_000);
    watch.receive({ on: true, by: ann });
    vi.advanceTimersByTime(5_999);
    expect(seen).toEqual(["Ann"]);
    vi.advanceTimersByTime(1);
    expect(seen).toEqual(["Ann", undefined]);
  });

  test("a notice ends with the other side's message, not with our own", () => {
    const seen: (string | undefined)[] = [];
    const watch = new TypingState((by) => seen.push(by?.name));
    watch.receive({ on: true, by: ann });
    watch.wrote({ kind: "visitor" });
    expect(seen).toEqual(["Ann"]);
    watch.wrote(ann);
    expect(seen).toEqual(["Ann", undefined]);
  });
});
