import { describe, expect, test } from "vitest";
import type { Author, Entry } from "../wire/timeline";
import { reactionsOf } from "./message_extras";
import { applyEntries, emptyLog, prependEntries, type ShownMessage, shownItems, unreadBy } from "./message_log";

const VERA: Author = { kind: "visitor" };
const OLGA: Author = { kind: "operator", id: "olga", name: "Olga" };

type Part = Pick<Entry, "kind" | "data">;
const entry = (seq: number, part: Part, author: Author = VERA): Entry =>
  ({ conversation: "c", id: `id${seq}`, seq, at: seq * 1000, author, ...part }) as Entry;
const message = (text: string, quote?: string): Part => ({ kind: "message", data: quote ? { text, quote } : { text } });
const edited = (id: string, text: string): Part => ({ kind: "edited", data: { entry: id, text } });
const deleted = (id: string): Part => ({ kind: "deleted", data: { entry: id } });
const reaction = (id: string, name: "like" | "love", on = true): Part => ({
  kind: "reaction",
  data: { entry: id, reaction: name, on },
});
const log = (...parts: (Part | [Part, Author])[]) =>
  applyEntries(
    emptyLog(),
    parts.map((part, index) => (Array.isArray(part) ? entry(index + 1, ...part) : entry(index + 1, part))),
  ).log;
const shown = (of: ReturnType<typeof log>) =>
  shownItems(of, { side: "operator", pending: [], isSending: () => false }) as ShownMessage[];

describe("an edit", () => {
  test("shows its text in the message, without another bubble", () => {
    const items = shown(log(message("frist"), edited("id1", "fisrt"), edited("id1", "first"), message("next")));
    expect(items.map(({ text, later }) => [text, later?.map((one) => one.kind)])).toEqual([
      ["first", ["edited", "edited"]],
      ["next", undefined],
    ]);
  });
});

describe("a deletion", () => {
  const all = [entry(1, message("card 4111")), entry(2, edited("id1", "card 4111 1")), entry(3, deleted("id1"))];

  test("removes the text and the edits from the log, and shows that there was a message", () => {
    const after = applyEntries(applyEntries(emptyLog(), all.slice(0, 2)).log, all.slice(2)).log;
    expect(JSON.stringify(after)).not.toContain("4111");
    expect(shown(after)).toMatchObject([{ id: "id1", text: "", deleted: true }]);
    expect(unreadBy("operator", after)).toBe(0);
  });

  test("in the same frame as its message removes it too", () => {
    expect(JSON.stringify(applyEntries(emptyLog(), all).log)).not.toContain("4111");
  });

  test("empties an earlier page that was requested before", () => {
    const later = applyEntries(emptyLog(2), all.slice(2)).log;
    expect(JSON.stringify(prependEntries(later, all.slice(0, 2)))).not.toContain("4111");
  });

  test("leaves the other messages", () => {
    const items = shown(log(message("one"), message("two"), deleted("id2")));
    expect(items.map(({ text }) => text)).toEqual(["one", ""]);
  });
});

describe("reactions", () => {
  test("are counted once per person, and are gone when they are removed", () => {
    const like = reaction("id1", "like");
    const items = shown(
      log(message("Hi"), like, [like, OLGA], [like, OLGA], reaction("id1", "love"), reaction("id1", "love", false)),
    );
    expect(reactionsOf(items[0]?.later ?? [])).toEqual([{ emoji: "👍", count: 2 }]);
  });
});

describe("a quote", () => {
  test("has the newest text of its message, and none once that is deleted or not loaded", () => {
    const quoting = [message("Large", "id1"), OLGA] as [Part, Author];
    expect(shown(log(message("Which sise?"), quoting, edited("id1", "Which size?")))[1]?.quote).toBe("Which size?");
    expect(shown(log(message("Which size?"), quoting, deleted("id1")))[1]?.quote).toBe("");
    expect(shown(log(message("Large", "id0")))[0]?.quote).toBe("");
  });
});

describe("a note", () => {
  test("is a bubble without a send state", () => {
    const [note] = shown(log([{ kind: "note", data: { text: "VIP" } }, OLGA]));
    expect(note).toMatchObject({ text: "VIP", note: true, state: null });
  });
});
