import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiProblem } from "../../core/api";
import type { PendingCommand } from "../../messages/pending_command";
import { ME, message, open, opened, VISITOR, welcome } from "../../support/feed_open";
import type { Entry } from "../../wire/timeline";
import { whoTypes } from "./typing_watch";

beforeEach(() => void vi.useFakeTimers({ shouldAdvanceTime: true }));
afterEach(() => void vi.useRealTimers());

describe("start", () => {
  it("the stream starts once the page is loaded, from its position", async () => {
    const { feed, api, line, cursor } = open();
    const page = "/v1/desk/conversations?limit=50";
    const good = api.answers[page];
    delete api.answers[page];
    await feed.start();
    expect(line.start).not.toHaveBeenCalled();
    if (good) api.answers[page] = good;
    await feed.start();
    expect(line.start).toHaveBeenCalledOnce();
    expect(cursor()).toBe(2);
  });

  it("the stream does not start if the feed was stopped before the page arrived", async () => {
    const { feed, line } = open();
    const started = feed.start();
    feed.stop();
    await started;
    expect(line.start).not.toHaveBeenCalled();
  });

  it("the operator and the end of the session are reported", async () => {
    const { feed, api, callbacks, connect } = open();
    await feed.start();
    connect();
    await vi.waitFor(() => expect(callbacks.onOperator).toHaveBeenCalledWith(ME));
    api.answers["/v1/desk/conversations?before=2&limit=50"] = () => {
      throw new ApiProblem("invalid_token", "", "", 401, 0);
    };
    expect(callbacks.onEnded).not.toHaveBeenCalled();
    await feed.inbox.showOlder();
    expect(callbacks.onEnded).toHaveBeenCalledOnce();
  });
});

describe("entries", () => {
  it("update the list, the open thread and the cursor", async () => {
    const { feed, receive, cursor } = await opened();
    receive({ op: "entries", entries: [message(3, 3)] });
    expect(feed.threads.thread.value?.log.lastSeq).toBe(3);
    expect(feed.inbox.summary("a")?.last_seq).toBe(3);
    expect(cursor()).toBe(3);
  });

  it("after a skipped position cause a reconnect with the cursor", async () => {
    const { receive, line, cursor } = await opened();
    receive({ op: "entries", entries: [message(3, 3), message(5, 5)] });
    expect(line.reconnect).toHaveBeenCalledOnce();
    expect(cursor()).toBe(3);
  });

  it("of an operator with a limited scope may skip positions", async () => {
    const { receive, line, cursor } = await opened();
    receive(welcome(3, false));
    receive({ op: "entries", entries: [message(3, 3)] });
    receive({ op: "entries", entries: [message(4, 8)] });
    receive({ op: "entries", entries: [message(5, 12), message(6, 15)] });
    expect(line.reconnect).not.toHaveBeenCalled();
    expect(cursor()).toBe(15);
  });

  it("cause a sound only if the message is not on the screen", async () => {
    const { receive, callbacks, page } = await opened();
    receive({ op: "entries", entries: [message(3, 3)] });
    expect(callbacks.ring).not.toHaveBeenCalled();
    page.visible = false;
    receive({ op: "entries", entries: [message(4, 4, { author: { kind: "operator", id: "op-2", name: "Bo" } })] });
    expect(callbacks.ring).not.toHaveBeenCalled();
    receive({ op: "entries", entries: [message(5, 5)] });
    expect(callbacks.ring).toHaveBeenCalledOnce();
  });
});

describe("seen marks", () => {
  it("are sent once, when the end of the thread is on the screen", async () => {
    const { feed, receive, sentOf } = await opened();
    expect(sentOf("seen")).toEqual([]);
    feed.scrolled(true);
    feed.reportSeen();
    expect(sentOf("seen")).toEqual([{ op: "seen", conversation: "a", seq: 2 }]);
    expect(feed.inbox.summary("a")?.unread).toBe(0);
    receive({ op: "entries", entries: [message(3, 3)] });
    expect(sentOf("seen")).toHaveLength(2);
  });

  it("wait while the page is hidden or the operator has scrolled up", async () => {
    const { feed, receive, page, sentOf } = await opened();
    page.visible = false;
    feed.scrolled(true);
    expect(sentOf("seen")).toEqual([]);
    page.visible = true;
    feed.scrolled(false);
    receive({ op: "entries", entries: [message(3, 3)] });
    expect(sentOf("seen")).toEqual([]);
    feed.scrolled(true);
    expect(sentOf("seen")).toEqual([{ op: "seen", conversation: "a", seq: 3 }]);
  });

  it("are sent again after a reconnect, since the connection may have died with the frame", async () => {
    const { feed, connect, sentOf } = await opened();
    feed.scrolled(true);
    connect();
    expect(sentOf("seen")).toHaveLength(2);
  });

  it("of the visitor are shown in the thread", async () => {
    const { feed, receive } = await opened();
    receive({ op: "seen", conversation: "a", by: "visitor", seq: 2 });
    expect(feed.threads.thread.value?.log.seen.visitor).toBe(2);
    expect(feed.inbox.summary("a")?.seen.visitor).toBe(2);
  });
});

describe("replies", () => {
  it("wait for the connection, and leave the outbox with the entry even if the ack was lost", async () => {
    const { feed, line, receive, connect, sentOf, callbacks } = await opened();
    line.up = false;
    feed.reply("a", "soon");
    expect(sentOf("send")).toEqual([]);
    line.up = true;
    connect();
    const [frame] = sentOf("send");
    if (frame?.op !== "send") throw new Error("nothing was sent");
    expect(frame.text).toBe("soon");
    receive({ op: "entries", entries: [message(3, 3, { id: frame.id, author: { kind: "operator", id: ME.id } })] });
    expect(feed.outbox.pending).toEqual([]);
    expect(callbacks.keep).toHaveBeenLastCalledWith([]);
  });

  it("from before a reload are sent automatically", async () => {
    const kept: PendingCommand = { id: "kept", conversation: "a", text: "from before", at: 1, refused: "" };
    const { sentOf } = await opened({ kept: [kept] });
    expect(sentOf("send")).toEqual([{ op: "send", id: "kept", conversation: "a", text: "from before" }]);
  });
});

describe("a closing", () => {
  it("is sent once, again after a reconnect, and is complete with its entry", async () => {
    const { feed, receive, connect, sentOf } = await opened();
    feed.close();
    feed.close();
    connect();
    const [first, again] = sentOf("close");
    expect(sentOf("close")).toHaveLength(2);
    expect(again).toEqual(first);
    if (first?.op !== "close") throw new Error("nothing was sent");
    const author = { kind: "operator", id: ME.id } as const;
    receive({ op: "entries", entries: [message(3, 3, { id: first.id, kind: "closed", data: {}, author })] });
    expect(feed.closing.value.size).toBe(0);
    expect(feed.inbox.summary("a")?.status).toBe("closed");
  });

  it("is sent after the waiting replies, which would reopen the conversation", async () => {
    const { feed, line, receive, connect, sentOf } = await opened();
    line.up = false;
    feed.reply("a", "one");
    feed.reply("a", "two");
    feed.close();
    line.up = true;
    connect();
    const ackNewest = (seq: number) => {
      const frame = sentOf("send").at(-1);
      if (frame?.op !== "send") throw new Error("nothing was sent");
      receive({ op: "ack", id: frame.id, conversation: "a", seq, at: 1 });
    };
    ackNewest(3);
    expect(sentOf("close")).toEqual([]);
    ackNewest(4);
    expect(sentOf("send")).toHaveLength(2);
    expect(sentOf("close")).toHaveLength(1);
  });

  it("is stored until the server has it, and sent after a reload with the same ID", async () => {
    const { feed, line, callbacks } = await opened();
    line.up = false;
    feed.close();
    const kept = callbacks.keep.mock.lastCall?.[0];
    expect(kept).toMatchObject([{ op: "close", conversation: "a", text: "" }]);
    const reloaded = await opened({ kept });
    const id = kept?.[0]?.id;
    expect(reloaded.sentOf("close")).toEqual([{ op: "close", id, conversation: "a" }]);
    expect(reloaded.feed.closing.value.has("a")).toBe(true);
    reloaded.receive({ op: "ack", id, conversation: "a", seq: 3, at: 1 });
    expect(reloaded.callbacks.keep).toHaveBeenLastCalledWith([]);
  });

  it("does not wait for a rejected reply", async () => {
    const { feed, receive, sentOf } = await opened();
    feed.reply("a", "one");
    feed.close();
    expect(sentOf("close")).toEqual([]);
    receive({ op: "error", code: "bad_text", message: "", id: feed.outbox.pending[0]?.id ?? "", retry_after: 0 });
    expect(sentOf("close")).toHaveLength(1);
  });

  it("reports a rejection, and is retried if the server was only busy", async () => {
    const { feed, receive, sentOf } = await opened();
    feed.close();
    const id = feed.closing.value.get("a") ?? "";
    receive({ op: "error", code: "busy", message: "", id, retry_after: 2 });
    expect(feed.closeRefused.value).toBeNull();
    vi.advanceTimersByTime(2_000);
    expect(sentOf("close")).toHaveLength(2);
    receive({ op: "error", code: "unknown_conversation", message: "", id, retry_after: 0 });
    expect(feed.closeRefused.value).toBe("a");
    expect(feed.closing.value.size).toBe(0);
  });
});

it("an author's typing is shown until their message arrives", async () => {
  const { feed, receive } = await opened();
  receive({ op: "typing", conversation: "a", by: VISITOR, on: true });
  expect(whoTypes(feed.typists.value, "a")).toEqual(VISITOR);
  receive({ op: "entries", entries: [message(3, 3)] });
  expect(whoTypes(feed.typists.value, "a")).toBeNull();
});

it("a colleague's typing is shown, but not the operator's own in another tab", async () => {
  const { feed, receive } = await opened();
  await vi.waitFor(() => expect(feed.operator.value).toEqual(ME));
  receive({ op: "typing", conversation: "a", by: { kind: "operator", id: ME.id, name: ME.name }, on: true });
  expect(whoTypes(feed.typists.value, "a")).toBeNull();
  receive({ op: "typing", conversation: "a", by: { kind: "operator", id: "op-2", name: "Bo" }, on: true });
  expect(whoTypes(feed.typists.value, "a")?.name).toBe("Bo");
});

describe("an erased conversation", () => {
  const erasure = message(3, 3, { kind: "erased", data: {} });

  it("leaves no text, no waiting reply and no closing", async () => {
    const { feed, line, callbacks, receive } = await opened();
    await vi.waitFor(() => expect(feed.threads.thread.value?.log.entries).toHaveLength(2));
    line.up = false;
    feed.reply("a", "about what you said");
    feed.close();
    expect(feed.outbox.pending).toHaveLength(2);
    receive({ op: "entries", entries: [erasure] });
    expect(JSON.stringify(feed.threads.thread.value?.log.entries)).not.toContain("hello");
    expect(feed.outbox.pending).toEqual([]);
    expect(feed.closing.value.size).toBe(0);
    expect(callbacks.onErased).toHaveBeenCalledExactlyOnceWith("a");
    expect(callbacks.ring).not.toHaveBeenCalled();
  });

  it("removes a reply that comes later", async () => {
    const { feed, callbacks, receive, sentOf } = await opened();
    feed.reply("a", "about what you said");
    expect(sentOf("send")).toHaveLength(1);
    receive({ op: "error", code: "erased", message: "", id: feed.outbox.pending[0]?.id ?? "", retry_after: 0 });
    expect(feed.outbox.pending).toEqual([]);
    expect(callbacks.onErased).toHaveBeenCalledWith("a");
  });
});

describe("a deleted message", () => {
  const deletion = (conversation: string) =>
    ({ ...message(3, 3, { kind: "deleted", data: { entry: message(2, 2).id } }), conversation }) as Entry;

  it("leaves no text in an opened thread", async () => {
    const { feed, callbacks, receive } = await opened();
    const before = JSON.stringify(feed.threads.thread.value?.log.entries);
    receive({ op: "entries", entries: [deletion("a")] });
    const [first, second] = feed.threads.thread.value?.log.entries ?? [];
    expect(before).toContain(JSON.stringify(message(2, 2).data));
    expect([first?.data, second?.data]).toEqual([message(1, 1).data, null]);
    expect(callbacks.onDeleted).not.toHaveBeenCalled();
  });

  it("is reported for a thread that only the device stores", async () => {
    const { callbacks, receive } = await opened();
    receive({ op: "entries", entries: [deletion("b")] });
    expect(callbacks.onDeleted).toHaveBeenCalledExactlyOnceWith("b");
  });

  it("is not sent again", async () => {
    const { feed, receive } = await opened();
    feed.reply("a", "hello");
    receive({ op: "error", code: "deleted", message: "", id: feed.outbox.pending[0]?.id ?? "", retry_after: 0 });
    expect(feed.outbox.pending).toEqual([]);
  });
});

describe("the server's disk state", () => {
  it("is shown as the server reports it, and is healthy after a reconnect without a report", async () => {
    const { feed, receive, connect } = await opened();
    expect(feed.disk.value).toBe("");
    receive({ op: "disk", state: "low" });
    expect(feed.disk.value).toBe("low");
    receive({ op: "disk", state: "full" });
    expect(feed.disk.value).toBe("full");
    connect();
    expect(feed.disk.value).toBe("");
  });
});
