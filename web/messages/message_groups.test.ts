import { expect, test } from "vitest";
import { DAY_MS, MINUTE_MS } from "../core/time_units";
import { blocksOf, type MessageGroup } from "./message_groups";
import type { SendState, ShownItem, ShownMessage } from "./message_log";

const NOON = new Date(2026, 2, 3, 12).getTime();

function message(id: string, at: number, state: SendState | null = "sent", name = ""): ShownMessage {
  const own = state !== null;
  const author = { kind: own ? ("visitor" as const) : ("operator" as const), name };
  return { kind: "message", id, seq: 1, at, author, text: id, own, state, refused: "" };
}

const shape = (items: ShownItem[]) =>
  blocksOf(items).map((block) => (block.kind === "group" ? block.messages.map((one) => one.id).join() : block.kind));
const groups = (items: ShownItem[]) => blocksOf(items).filter((block): block is MessageGroup => block.kind === "group");

test("a new day is marked, and ends a group", () => {
  expect(shape([message("a", NOON), message("b", NOON + 1), message("c", NOON + DAY_MS)])).toEqual([
    "day",
    "a,b",
    "day",
    "c",
  ]);
});

test("another side, another name or a pause of five minutes ends a group", () => {
  const items = [
    message("a", NOON),
    message("b", NOON + 5 * MINUTE_MS),
    message("c", NOON + 6 * MINUTE_MS, null, "Ann"),
    message("d", NOON + 6 * MINUTE_MS, null, "Ben"),
  ];
  expect(shape(items)).toEqual(["day", "a", "b", "c", "d"]);
});

test("an event is not grouped", () => {
  const event: ShownItem = {
    kind: "closed",
    change: "closed",
    id: "e",
    seq: 2,
    at: NOON,
    author: { kind: "operator" },
  };
  expect(shape([message("a", NOON), event, message("b", NOON)])).toEqual(["day", "a", "closed", "b"]);
});

test("a rejected message ends its group, so that its reason is below it", () => {
  expect(shape([message("a", NOON, "refused"), message("b", NOON)])).toEqual(["day", "a", "b"]);
});

test("the state is shown at our newest message, and at one that is being sent", () => {
  const told = groups([
    message("a", NOON, "seen"),
    message("x", NOON, null),
    message("b", NOON, "waiting"),
    message("y", NOON, null),
    message("c", NOON, "sending"),
  ]).map((group) => group.showState);
  expect(told).toEqual([false, false, true, false, true]);
});
