import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Entry } from "../wire/timeline";
import { CommandOutbox, isPendingList } from "./message_outbox";
import type { PendingCommand } from "./pending_command";

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
  test("is stored before it is sent, until it is acknowledged", () => {
    const message = outbox.add("c", "hello");
    expect(saved).toEqual([message]);
    expect(sent).toEqual([]);
    outbox.resume();
    expect(sent).toEqual([message]);
    expect(saved).toEqual([message]);
    outbox.acknowledge(message.id);
    expect(saved).toEqual([]);
  });

  test("keeps its ID over a reload", () => {
    outbox.add("c", "one");
    outbox.add("c", "two");
    const after = make(saved);
    expect(after.pending.map((one) => one.text)).toEqual(["one", "two"]);
    after.resume();
    expect(sent[0]?.id).toBe(saved[0]?.id);
  });

  test("is sent again, unchanged, after each welcome", () => {
    outbox.resume();
    outbox.add("c", "hello");
    outbox.pause();
    outbox.resume();
    expect(texts()).toEqual(["hello", "hello"]);
    expect(sent[0]?.id).toBe(sent[1]?.id);
  });

  test("is sent again without a response for 20 seconds", () => {
    outbox.resume();
    outbox.add("c", "hello");
    vi.advanceTimersByTime(20_000);
    expect(texts()).toEqual(["hello", "hello"]);
  });

  test("waits if the connection is found to be closed", () => {
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
  test("a conversation sends one message at a time, independently of others", () => {
    outbox.resume();
    const first = outbox.add("c", "one");
    outbox.add("c", "two");
    outbox.add("d", "other");
    expect(texts()).toEqual(["one", "other"]);
    outbox.acknowledge(first.id);
    expect(texts()).toEqual(["one", "other", "two"]);
  });

  test.each(["busy", "slow_down"])("after %s a message rests for retry_after, and no other overtakes it", (code) => {
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

  test("slow_down without an ID applies to the commands in flight", () => {
    outbox.resume();
    outbox.add("c", "one");
    outbox.refuse({ code: "slow_down", id: "", retry_after: 2 });
    vi.advanceTimersByTime(2_000);
    expect(texts()).toEqual(["one", "one"]);
  });
});

describe("rejections", () => {
  test("a permanent rejection keeps text and reason, and the next message is sent", () => {
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

  test("a rejected message is sent on a retry, and returns its text once on a withdrawal", () => {
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

  test("a rejection of an unknown ID changes nothing", () => {
    outbox.refuse({ code: "bad_text", id: "0" });
    outbox.acknowledge("0");
    expect(saved).toEqual([]);
  });
});

describe("an ID that is taken", () => {
  const entry = (id: string, text: string): Entry => ({
    conversation: "c",
    id,
    seq: 1,
    at: 1,
    kind: "message",
    author: { kind: "visitor" },
    data: { text },
  });

  test("belongs to the message if the entry has the same text", () => {
    outbox.resume();
    const { id } = outbox.add("c", "hello");
    entries = [entry(id, "hello")];
    outbox.refuse({ code: "id_conflict", id });
    expect(saved).toEqual([]);
  });

  test("is replaced if the entry has another text, and the message is sent", () => {
    outbox.resume();
    const { id } = outbox.add("c", "hello");
    entries = [entry(id, "something else")];
    outbox.refuse({ code: "id_conflict", id });
    expect(saved[0]?.text).toBe("hello");
    expect(saved[0]?.id).not.toBe(id);
    expect(sent.at(-1)?.id).toBe(saved[0]?.id);
  });
});

test("an erased conversation loses its messages, and others do not", () => {
  outbox.resume();
  outbox.add("gone", "one");
  outbox.add("gone", "two");
  const other = outbox.add("c", "three");
  expect(saved).toHaveLength(3);
  outbox.forget("gone");
  expect(saved.map((message) => message.id)).toEqual([other.id]);
});

describe("before there is a conversation", () => {
  test("messages wait for it, and are then sent in order", () => {
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

test("only lists of messages are read from storage", () => {
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
