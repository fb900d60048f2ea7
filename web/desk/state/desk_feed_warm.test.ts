import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiProblem } from "../../core/api";
import type { AppFrame } from "../../stream/stream";
import { ME, message, open, opened, summary, welcome } from "../../support/feed_open";
import { type FeedOptions, WITHIN } from "./desk_feed";

beforeEach(() => void vi.useFakeTimers({ shouldAdvanceTime: true }));
afterEach(() => void vi.useRealTimers());

describe("a start with stored data", () => {
  const kept = { entries: [message(1, 1), message(2, 2)], more: false, seen: { visitor: 0, operator: 0 } };
  const inbox = { operator: ME, position: 2, oldest: 2, more: false, rows: [summary(2, 2)], threads: ["a"] };
  const warm = { inbox, thread: { id: "a", kept } };

  /** Start a desk with stored data; return it with its requests. */
  async function warmed(changes: Partial<FeedOptions> = {}) {
    const desk = open({ warm, recall: async () => null, onStartOver: vi.fn(), ...changes });
    const asked: string[] = [];
    const get = desk.api.get.bind(desk.api);
    desk.api.get = <T>(path: string) => {
      asked.push(path);
      return get<T>(path);
    };
    await desk.feed.start();
    desk.feed.open("a");
    return { ...desk, asked };
  }

  it("shows list and thread before any frame arrives, and requests only the stream", async () => {
    const { feed, line, asked, cursor, connect } = await warmed();
    expect(feed.inbox.state.value).toBe("ready");
    expect(feed.threads.thread.value?.log.entries).toHaveLength(2);
    expect(feed.operator.value).toEqual(ME);
    expect(line.start).toHaveBeenCalledOnce();
    expect(cursor()).toBe(2);
    connect(2);
    expect(asked).toEqual([]);
  });

  it("applies new entries", async () => {
    const { feed, receive, connect, asked } = await warmed();
    connect(3);
    receive({ op: "entries", entries: [message(3, 3)] });
    expect(feed.inbox.summary("a")?.last_seq).toBe(3);
    expect(feed.threads.thread.value?.log.lastSeq).toBe(3);
    expect(asked).toEqual([]);
  });

  it("loads a thread that was stored before its newest entry", async () => {
    const older = { ...kept, entries: [message(1, 1)] };
    const { feed, asked } = await warmed({ warm: { inbox, thread: null }, recall: async () => older });
    await vi.waitFor(() => expect(feed.threads.thread.value?.log.lastSeq).toBe(2));
    expect(asked).toEqual(["/v1/desk/conversations/a/entries?limit=100"]);
  });

  it("shows a stored thread when it is opened", async () => {
    const { feed, asked } = await warmed({ warm: { inbox, thread: null }, recall: async () => kept });
    await vi.waitFor(() => expect(feed.threads.thread.value?.state).toBe("ready"));
    expect(asked).toEqual([]);
  });

  it("deletes data from another database", async () => {
    const onStartOver = vi.fn();
    const { feed, api, connect, line } = await warmed({ onStartOver });
    const other = { position: 1, conversations: [{ ...summary(1, 1), id: "b" }], more: false };
    api.answers["/v1/desk/conversations?limit=50"] = () => other;
    delete api.answers["/v1/desk/conversations/a/entries?limit=100"];
    connect(1);
    expect(feed.threads.thread.value?.log.entries).toEqual([]);
    expect(onStartOver).toHaveBeenCalledOnce();
    expect(line.stop).toHaveBeenCalledOnce();
    expect([...feed.inbox.inbox.value.rows.keys()]).toEqual([]);
    await vi.waitFor(() => expect([...feed.inbox.inbox.value.rows.keys()]).toEqual(["b"]));
    await vi.waitFor(() => expect(line.start).toHaveBeenCalledTimes(2));
    await vi.waitFor(() => expect(feed.threads.thread.value?.state).toBe("missing"));
  });

  it("deletes data of another operator", async () => {
    const onStartOver = vi.fn();
    const { feed, receive } = await warmed({ onStartOver });
    const bo = { ...ME, id: "op-2", name: "Bo" };
    receive({ ...welcome(2), you: { kind: "operator", id: bo.id, name: bo.name }, operator: bo } as AppFrame);
    expect(onStartOver).toHaveBeenCalledOnce();
    expect(feed.operator.value).toEqual(bo);
  });

  it("deletes data outside the operator's scope", async () => {
    const onStartOver = vi.fn();
    const { feed, api, receive } = await warmed({ onStartOver });
    api.answers["/v1/desk/conversations?limit=50"] = () => ({ position: 2, conversations: [], more: false });
    receive({ ...welcome(2, false), operator: { ...ME, role: "operator", scope: 7 } } as AppFrame);
    expect(onStartOver).toHaveBeenCalledOnce();
    expect([...feed.inbox.inbox.value.rows.keys()]).toEqual([]);
    await vi.waitFor(() => expect(feed.inbox.state.value).toBe("ready"));
    receive({ ...welcome(2, false), operator: { ...ME, role: "operator", scope: 7 } } as AppFrame);
    expect(onStartOver, "the same list again").toHaveBeenCalledOnce();
  });

  it("requests a new page if there are too many new entries", async () => {
    const onStartOver = vi.fn();
    const { feed, api, asked, connect } = await warmed({ onStartOver });
    api.answers["/v1/desk/conversations?limit=50"] = () => ({
      position: 2 + WITHIN + 1,
      conversations: [summary(9, 2 + WITHIN + 1)],
      more: false,
    });
    connect(2 + WITHIN + 1);
    expect(feed.inbox.summary("a")?.last_seq).toBe(2);
    await vi.waitFor(() => expect(feed.inbox.summary("a")?.last_seq).toBe(9));
    expect(onStartOver).toHaveBeenCalledOnce();
    expect(asked[0]).toBe("/v1/desk/conversations?limit=50");
  });
});

describe("a rejection of the session", () => {
  const page = "/v1/desk/conversations?before=2&limit=50";

  it.each([
    ["invalid_token", 2, 1],
    ["invalid_proof", 2, 1],
    ["wrong_sign_in", 1, 0],
  ])("%s is requested %i times and ends the session %i times", async (code, times, ended) => {
    const { feed, api, callbacks } = await opened();
    const refuse = vi.fn(() => {
      throw new ApiProblem(code, code, "", 401, 0);
    });
    api.answers[page] = refuse;
    await feed.inbox.showOlder();
    expect(refuse).toHaveBeenCalledTimes(times);
    expect(callbacks.onEnded).toHaveBeenCalledTimes(ended);
  });

  it("does not end the session if the second attempt succeeds", async () => {
    const { feed, api, callbacks } = await opened();
    let times = 0;
    api.answers[page] = () => {
      times += 1;
      if (times === 1) throw new ApiProblem("invalid_proof", "", "", 401, 0);
      return { position: 2, conversations: [], more: false };
    };
    await feed.inbox.showOlder();
    expect(times).toBe(2);
    expect(feed.inbox.older.value).toBe("idle");
    expect(callbacks.onEnded).not.toHaveBeenCalled();
  });
});
