import { describe, expect, test } from "vitest";
import type { AuthorKind, Entry } from "../wire/timeline";
import {
  applyEntries,
  applySeen,
  emptyLog,
  isErased,
  isErasure,
  prependEntries,
  type ShownMessage,
  shownItems,
  unreadBy,
} from "./message_log";

const message = (seq: number, kind: AuthorKind = "visitor"): Entry => ({
  conversation: "c",
  id: `id${seq}`,
  seq,
  at: seq * 1000,
  kind: "message",
  author: { kind },
  data: { text: `text ${seq}` },
});
const closing = (seq: number): Entry => ({ ...message(seq, "operator"), kind: "closed", data: {} });
const log = (...entries: Entry[]) => applyEntries(emptyLog(), entries).log;

describe("entries", () => {
  test("are appended in order, once", () => {
    const first = applyEntries(emptyLog(), [message(1), message(2)]);
    const second = applyEntries(first.log, [message(1), message(2), message(3)]);
    expect(second.log.entries.map((entry) => entry.seq)).toEqual([1, 2, 3]);
    expect(second.added.map((entry) => entry.seq)).toEqual([3]);
    expect(second.gap).toBe(false);
  });

  test("behind a gap are not added, so that the cursor requests the missing ones", () => {
    const { log: after, added, gap } = applyEntries(log(message(1)), [message(2), message(4), message(5)]);
    expect(gap).toBe(true);
    expect(added.map((entry) => entry.seq)).toEqual([2]);
    expect(after.lastSeq).toBe(2);
  });

  test("that are all known do not change the log", () => {
    const before = log(message(1));
    expect(applyEntries(before, [message(1)]).log).toBe(before);
  });

  test("before the start of a log are added as earlier pages", () => {
    const middle = applyEntries(emptyLog(4), [message(5), message(6)]).log;
    const whole = prependEntries(middle, [message(3), message(4), message(5)]);
    expect(whole.entries.map((entry) => entry.seq)).toEqual([3, 4, 5, 6]);
    expect(whole.lastSeq).toBe(6);
  });
});

describe("marks", () => {
  test("move forward only", () => {
    const seen = applySeen(log(message(1), message(2)), "operator", 2);
    expect(applySeen(seen, "operator", 1).seen.operator).toBe(2);
  });

  test("of an author move to the message, and an event moves none", () => {
    expect(log(message(1), message(2, "operator"), closing(3)).seen).toEqual({ visitor: 1, operator: 2 });
  });

  test("leave the other side's later messages unread", () => {
    const thread = log(message(1, "operator"), message(2, "operator"), closing(3), message(4, "operator"));
    expect(unreadBy("visitor", thread)).toBe(3);
    expect(unreadBy("visitor", applySeen(thread, "visitor", 2))).toBe(1);
    expect(unreadBy("operator", thread)).toBe(0);
  });
});

describe("the shown items", () => {
  const pending = (id: string, refused = "") => ({ id, conversation: "c", text: "mine", at: 9_000, refused });
  const show = (thread = emptyLog(), waiting = [pending("p")], sending = true) =>
    shownItems(thread, { side: "visitor", pending: waiting, isSending: () => sending });

  test("are the entries and then the pending messages, without duplicates", () => {
    const items = show(log(message(1)), [pending("id1"), pending("p")]);
    expect(items.map((item) => item.id)).toEqual(["id1", "p"]);
  });

  test("contain the states of our messages", () => {
    const seen = applySeen(log(message(1), message(2), message(3, "operator")), "operator", 1);
    const states = show({ ...seen, seen: { visitor: 0, operator: 1 } }, []).map((item) => (item as ShownMessage).state);
    expect(states).toEqual(["seen", "sent", null]);
    expect(show()).toMatchObject([{ state: "sending", own: true, seq: null }]);
    expect(show(emptyLog(), [pending("p")], false)).toMatchObject([{ state: "waiting" }]);
    expect(show(emptyLog(), [pending("p", "bad_text")])).toMatchObject([{ state: "refused", refused: "bad_text" }]);
  });

  test("contain a closing as an event", () => {
    expect(show(log(message(1), closing(2)), [])[1]).toMatchObject({ kind: "closed" });
  });
});

describe("an erasure", () => {
  const erasure: Entry = { ...message(3), kind: "erased", author: { kind: "visitor" }, data: {} };

  test("empties everything before it and stays the last entry", () => {
    const known = log(message(1), message(2));
    expect(JSON.stringify(known)).toContain("text 1");
    const after = applyEntries(known, [erasure]).log;
    expect(JSON.stringify(after)).not.toContain("text ");
    expect(after.entries.map(({ kind, data, seq }) => [kind, data, seq])).toEqual([
      ["message", null, 1],
      ["message", null, 2],
      ["erased", {}, 3],
    ]);
    expect(isErased(after.entries)).toBe(true);
    expect(isErased(known.entries)).toBe(false);
    expect(isErasure(null)).toBe(false);
    expect(shownItems(after, { side: "operator", pending: [], isSending: () => false })).toEqual([]);
  });

  test("empties a page that was read before it and arrives after it", () => {
    const { log: known } = applyEntries(emptyLog(2), [erasure]);
    const whole = prependEntries(known, [message(1), message(2)]);
    expect(whole.entries).toHaveLength(3);
    expect(JSON.stringify(whole)).not.toContain("text ");
  });
});
