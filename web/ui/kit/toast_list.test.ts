import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { TOAST_MS, ToastList } from "./toast_list";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const texts = (list: ToastList) => list.shown.map(({ text }) => text);

it("a toast goes after its time", () => {
  const list = new ToastList();
  list.show({ text: "Closed" });
  vi.advanceTimersByTime(TOAST_MS - 1);
  expect(texts(list)).toEqual(["Closed"]);
  vi.advanceTimersByTime(1);
  expect(texts(list)).toEqual([]);
});

it("a failure stays until it is removed", () => {
  const list = new ToastList();
  const remove = list.show({ text: "Not assigned", failure: true });
  vi.advanceTimersByTime(TOAST_MS * 100);
  expect(texts(list)).toEqual(["Not assigned"]);
  remove();
  expect(texts(list)).toEqual([]);
});

it("the time of a paused toast begins again", () => {
  const list = new ToastList();
  list.show({ text: "Closed" });
  vi.advanceTimersByTime(TOAST_MS - 1);
  list.pause();
  list.show({ text: "Snoozed" });
  vi.advanceTimersByTime(TOAST_MS * 10);
  expect(texts(list)).toEqual(["Closed", "Snoozed"]);
  list.resume();
  vi.advanceTimersByTime(TOAST_MS - 1);
  expect(texts(list)).toEqual(["Closed", "Snoozed"]);
  vi.advanceTimersByTime(1);
  expect(texts(list)).toEqual([]);
});

it("the oldest toasts that are no failures are removed for new ones", () => {
  const list = new ToastList();
  list.show({ text: "failure", failure: true });
  for (const text of ["1", "2", "3", "4"]) list.show({ text });
  expect(texts(list)).toEqual(["failure", "3", "4"]);
});

it("listeners are called at each change, until they are removed", () => {
  const list = new ToastList();
  const listener = vi.fn();
  const end = list.subscribe(listener);
  list.show({ text: "Closed" });
  expect(listener).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(TOAST_MS);
  expect(listener).toHaveBeenCalledTimes(2);
  end();
  list.show({ text: "Closed" });
  expect(listener).toHaveBeenCalledTimes(2);
});
