import { describe, expect, it, vi } from "vitest";
import { ApiProblem } from "../../core/api";
import type { TimelinePage } from "../../wire/conversation_wire";
import type { ConversationSummary } from "../../wire/frames";
import type { Entry } from "../../wire/timeline";
import { ThreadSync } from "./thread_sync";

const message = (seq: number, conversation = "a"): Entry => ({
  conversation,
  id: `${conversation}-${seq}`,
  seq,
  at: seq,
  kind: "message",
  author: { kind: "visitor" },
  data: { text: `text ${seq}` },
});

const span = (from: number, to: number): Entry[] => Array.from({ length: to - from + 1 }, (_, i) => message(from + i));

function pageOf(entries: Entry[], more = false, id = "a"): TimelinePage {
  const last = entries.at(-1);
  const conversation: ConversationSummary = {
    id,
    status: "open",
    number: 1,
    waiting_since: 1,
    visitor_id: "v",
    visitor_name: "",
    site_name: "Shop",
    started_at: 1,
    last_seq: last?.seq ?? 0,
    position: 1,
    unread: 0,
    seen: { visitor: 1, operator: 0 },
    last: last ?? null,
    contact: null,
    operator: "",
    team: "",
    priority: "normal",
    snoozed_until: null,
    labels: [],
  };
  return { conversation, entries, more };
}

/** A server with manual responses, in the order of the requests. */
function handServed() {
  const asked: { path: string; answer: (page: TimelinePage) => void; fail: (cause: Error) => void }[] = [];
  const get = <T>(path: string): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      asked.push({ path, answer: (page) => resolve(page as T), fail: reject });
    });
  const follow = new ThreadSync({ get }, () => {});
  const nth = (index: number) => {
    const one = asked[index];
    if (!one) throw new Error(`nothing was asked for the ${index}th time`);
    return one;
  };
  return { follow, asked, nth };
}

const seqs = (follow: ThreadSync): number[] | undefined => follow.thread.value?.log.entries.map((one) => one.seq);

async function opened(entries: Entry[], more = false) {
  const served = handServed();
  served.follow.open("a");
  served.nth(0).answer(pageOf(entries, more));
  await vi.waitFor(() => expect(served.follow.thread.value?.state).toBe("ready"));
  return served;
}

describe("opening", () => {
  it("loads the last hundred entries with both seen marks", async () => {
    const { follow, nth } = await opened(span(3, 5), true);
    expect(nth(0).path).toBe("/v1/desk/conversations/a/entries?limit=100");
    expect(seqs(follow)).toEqual([3, 4, 5]);
    expect(follow.thread.value).toMatchObject({ more: true, log: { seen: { visitor: 5, operator: 0 } } });
  });

  it("includes the stream's entries that arrive while the page is loading", async () => {
    const { follow, nth } = handServed();
    follow.open("a");
    follow.apply([message(2), message(3)]);
    nth(0).answer(pageOf(span(1, 2)));
    await vi.waitFor(() => expect(seqs(follow)).toEqual([1, 2, 3]));
  });

  it("shows a thread that was open before at once, with its new entries", async () => {
    const { follow, asked } = await opened(span(1, 1));
    follow.open("b");
    follow.apply([message(2)]);
    follow.open("a");
    expect(seqs(follow)).toEqual([1, 2]);
    expect(asked.filter((one) => one.path.includes("/a/"))).toHaveLength(1);
  });

  it("distinguishes a missing conversation from a failed request, which is retried", async () => {
    const { follow, nth } = handServed();
    follow.open("a");
    nth(0).fail(new ApiProblem("not_found", "", "", 404, 0));
    await vi.waitFor(() => expect(follow.thread.value?.state).toBe("missing"));
    follow.open("b");
    nth(1).fail(new ApiProblem("busy", "", "", 503, 0));
    await vi.waitFor(() => expect(follow.thread.value?.state).toBe("failed"));
    follow.askAgain();
    nth(2).answer(pageOf([message(1, "b")], false, "b"));
    await vi.waitFor(() => expect(follow.thread.value?.state).toBe("ready"));
  });
});

describe("following", () => {
  it("appends in order and shows no entry twice", async () => {
    const { follow } = await opened(span(1, 2));
    follow.apply([message(2), message(3), message(1, "b")]);
    follow.apply([message(3)]);
    expect(seqs(follow)).toEqual([1, 2, 3]);
  });

  it("loads again after a skipped seq, and ends with the complete thread", async () => {
    const { follow, nth } = await opened(span(1, 2));
    follow.apply([message(5)]);
    expect(seqs(follow)).toEqual([1, 2]);
    nth(1).answer(pageOf(span(1, 5)));
    await vi.waitFor(() => expect(seqs(follow)).toEqual([1, 2, 3, 4, 5]));
  });

  it("does not shorten a thread that was loaded to its beginning", async () => {
    const { follow, nth } = await opened(span(1, 120));
    follow.apply([message(130)]);
    nth(1).answer(pageOf(span(31, 130), true));
    await vi.waitFor(() => expect(seqs(follow)).toHaveLength(130));
    expect(follow.thread.value?.more).toBe(false);
  });

  it("restarts with the newest page if it does not connect to the known entries", async () => {
    const { follow, nth } = await opened(span(1, 2));
    follow.apply([message(300)]);
    nth(1).answer(pageOf(span(201, 300), true));
    await vi.waitFor(() => expect(seqs(follow)?.[0]).toBe(201));
    expect(follow.thread.value?.more).toBe(true);
  });
});

describe("earlier entries", () => {
  it("are inserted before the first one, once", async () => {
    const { follow, asked, nth } = await opened(span(4, 5), true);
    const both = Promise.all([follow.showEarlier(), follow.showEarlier()]);
    nth(1).answer(pageOf(span(1, 3)));
    await both;
    expect(asked).toHaveLength(2);
    expect(nth(1).path).toBe("/v1/desk/conversations/a/entries?before=4&limit=100");
    expect(seqs(follow)).toEqual([1, 2, 3, 4, 5]);
    expect(follow.thread.value).toMatchObject({ more: false, earlier: "idle" });
  });

  it("can be requested again after a failure", async () => {
    const { follow, nth } = await opened(span(4, 5), true);
    const asked = follow.showEarlier();
    nth(1).fail(new Error("down"));
    await asked;
    expect(follow.thread.value).toMatchObject({ more: true, earlier: "failed" });
    expect(seqs(follow)).toEqual([4, 5]);
  });
});
