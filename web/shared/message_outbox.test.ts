import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { CommandOutbox, isPendingList, type PendingCommand } from "./message_outbox";
import type { Entry } from "./wire_timeline";

let sent: PendingCommand[];
let open: boolean;
let saved: PendingCommand[];
let entries: Entry[];
let outbox: CommandOutbox;

const make = (kept: PendingCommand[] = []) =>
  new CommandOutbox(
    {
      save: (pending) => {
        saved = structuredClone(pending);
      },
      send: (frame) => {
        if (open) sent.push(frame);
        return open;
      },
      onChange: () => undefined,
      entryOf: (id) => entries.find((entry) => entry.id === id),
    },
    kept,
  );

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  sent = [];
  open = true;
  saved = [];
  entries = [];
  outbox = make();
});

afterEach(() => {
  vi.useRealTimers();
});

const texts = () => sent.map((frame) => frame.text);

describe("a message", () => {
  test("is kept before it is sent, and until it is acknowledged", () => {
    const message = outbox.add("c", "hello");
    expect(saved).toEqual([message]);
    expect(sent).toEqual([]);
    outbox.resume();
    expect(sent).toEqual([message]);
    expect(saved).toEqual([message]);
    outbox.acknowledge(message.id);
    expect(saved).toEqual([]);
  });

  test("keeps its id over a reload", () => {
    outbox.add("c", "one");
    outbox.add("c", "two");
    const after = make(saved);
    expect(after.pending.map((one) => one.text)).toEqual(["one", "two"]);
    after.resume();
    expect(sent[0]?.id).toBe(saved[0]?.id);
  });

  test("is sent again, the same, after each welcome", () => {
    outbox.resume();
    outbox.add("c", "hello");
    outbox.pause();
    outbox.resume();
    expect(texts()).toEqual(["hello", "hello"]);
    expect(sent[0]?.id).toBe(sent[1]?.id);
  });

  test("without an answer for 20 seconds is sent again", () => {
    outbox.resume();
    outbox.add("c", "hello");
    vi.advanceTimersByTime(20_000);
    expect(texts()).toEqual(["hello", "hello"]);
  });

  test("waits when the line turns out to be closed", () => {
    outbox.resume();
    open = false;
    outbox.add("c", "hello");
    expect(sent).toEqual([]);
    open = true;
    outbox.resume();
    expect(texts()).toEqual(["hello"]);
  });
});

describe("order", () => {
  test("one at a time in a conversation, others beside it", () => {
    outbox.resume();
    const first = outbox.add("c", "one");
    outbox.add("c", "two");
    outbox.add("d", "other");
    expect(texts()).toEqual(["one", "other"]);
    outbox.acknowledge(first.id);
    expect(texts()).toEqual(["one", "other", "two"]);
  });

  test.each(["busy", "slow_down"])("%s rests for retry_after, and nothing overtakes", (code) => {
    outbox.resume();
    const first = outbox.add("c", "one");
    outbox.add("c", "two");
    outbox.refuse({ code, id: first.id, retry_after: 3 });
    expect(outbox.isSending(first.id)).toBe(false);
    vi.advanceTimersByTime(2_999);
    expect(texts()).toEqual(["one"]);
    vi.advanceTimersByTime(1);
    expect(texts()).toEqual(["one", "one"]);
  });

  test("slow_down without an id is taken for what is on its way", () => {
    outbox.resume();
    outbox.add("c", "one");
    outbox.refuse({ code: "slow_down", id: "", retry_after: 2 });
    vi.advanceTimersByTime(2_000);
    expect(texts()).toEqual(["one", "one"]);
  });
});

describe("refusals", () => {
  test("for good: the text stays, with the reason, and the next goes on", () => {
    outbox.resume();
    const first = outbox.add("c", "bad");
    outbox.add("c", "good");
    outbox.refuse({ code: "bad_text", id: first.id });
    expect(saved[0]).toMatchObject({ text: "bad", refused: "bad_text" });
    expect(texts()).toEqual(["bad", "good"]);
    vi.advanceTimersByTime(120_000);
    outbox.resume();
    expect(texts().filter((text) => text === "bad")).toHaveLength(1);
  });

  test("tried again it is sent; taken back its text is handed over once", () => {
    outbox.resume();
    const { id } = outbox.add("c", "words");
    outbox.refuse({ code: "unknown_conversation", id });
    outbox.retry(id);
    expect(texts()).toEqual(["words", "words"]);
    outbox.refuse({ code: "unknown_conversation", id });
    expect(outbox.withdraw(id)).toBe("words");
    expect(outbox.withdraw(id)).toBe("");
    expect(saved).toEqual([]);
  });

  test("of an id that nobody waits for change nothing", () => {
    outbox.refuse({ code: "bad_text", id: "0" });
    outbox.acknowledge("0");
    expect(saved).toEqual([]);
  });
});

describe("an id that is taken", () => {
  const entry = (id: string, text: string): Entry => ({
    conversation: "c",
    id,
    seq: 1,
    at: 1,
    kind: "message",
    author: { kind: "visitor" },
    data: { text },
  });

  test("by the same words: the message is there already", () => {
    outbox.resume();
    const { id } = outbox.add("c", "hello");
    entries = [entry(id, "hello")];
    outbox.refuse({ code: "id_conflict", id });
    expect(saved).toEqual([]);
  });

  test("by other words: it gets an id of its own and is sent", () => {
    outbox.resume();
    const { id } = outbox.add("c", "hello");
    entries = [entry(id, "something else")];
    outbox.refuse({ code: "id_conflict", id });
    expect(saved[0]?.text).toBe("hello");
    expect(saved[0]?.id).not.toBe(id);
    expect(sent.at(-1)?.id).toBe(saved[0]?.id);
  });
});

test("messages of an erased conversation are let go of, those of others are not", () => {
  outbox.resume();
  outbox.add("gone", "one");
  outbox.add("gone", "two");
  const other = outbox.add("c", "three");
  expect(saved).toHaveLength(3);
  outbox.forget("gone");
  expect(saved.map((message) => message.id)).toEqual([other.id]);
});

describe("before there is a conversation", () => {
  test("messages wait for it, then follow in order", () => {
    outbox.resume();
    const first = outbox.add("", "one");
    outbox.add("", "two");
    expect(sent).toEqual([]);
    expect(outbox.first?.id).toBe(first.id);
    outbox.acknowledge(first.id);
    outbox.reassign("c");
    expect(sent).toMatchObject([{ conversation: "c", text: "two" }]);
    expect(outbox.first).toBeNull();
  });
});

test("only lists of messages are taken from storage", () => {
  const good = { id: "i", conversation: "", text: "t", at: 1, refused: "" };
  expect(isPendingList([good, { ...good, op: "close", text: "" }])).toBe(true);
  for (const bad of [
    null,
    {},
    [null],
    [{ ...good, text: 1 }],
    [{ ...good, at: "1" }],
    [{ ...good, refused: undefined }],
    [{ ...good, op: "seen" }],
  ]) {
    expect(isPendingList(bad)).toBe(false);
  }
});
