import { describe, expect, it, vi } from "vitest";
import type { InboxPage } from "../../wire/conversation_wire";
import type { ConversationSummary } from "../../wire/frames";
import type { Entry } from "../../wire/timeline";
import { listRows } from "./inbox_model";
import { InboxSync } from "./inbox_sync";

const summary = (id: string, last_seq: number, position: number, unread = last_seq): ConversationSummary => ({
  id,
  status: "open",
  number: 1,
  waiting_since: 1,
  visitor_id: id,
  visitor_name: "",
  site_name: "Shop",
  started_at: 1,
  last_seq,
  position,
  unread,
  seen: { visitor: 0, operator: 0 },
  last: null,
  contact: null,
  operator: "",
  team: "",
  priority: "normal",
  snoozed_until: null,
  labels: [],
});

const message = (conversation: string, seq: number, position: number): Entry => ({
  conversation,
  id: `${conversation}-${seq}`,
  seq,
  at: 1,
  kind: "message",
  author: { kind: "visitor" },
  data: { text: "hello" },
  position,
});

type Answers = Record<string, () => unknown>;

/** A server that returns the next value of an address's function. It throws for unknown addresses. */
function serve(answers: Answers) {
  const asked: string[] = [];
  const get = async <T>(path: string): Promise<T> => {
    asked.push(path);
    const answer = answers[path];
    if (!answer) throw new Error(`nothing at ${path}`);
    return answer() as T;
  };
  return { follow: new InboxSync({ get }), asked };
}

const FIRST = "/v1/desk/conversations?limit=50";
const ONE = "/v1/desk/conversations/new";
const firstPage = (): InboxPage => ({ position: 5, conversations: [summary("a", 2, 5)], more: true });

describe("loading", () => {
  it("reports a failure, and is ready after a second attempt", async () => {
    let down = true;
    const { follow } = serve({
      [FIRST]: () => {
        if (down) throw new Error("down");
        return firstPage();
      },
    });
    expect(await follow.load()).toBe(false);
    expect(follow.state.value).toBe("failed");
    down = false;
    expect(await follow.load()).toBe(true);
    expect(follow.inbox.value.position).toBe(5);
  });

  it("requests conversations that are older than the oldest one", async () => {
    const older = { position: 9, conversations: [summary("b", 1, 3)], more: false };
    const { follow } = serve({ [FIRST]: firstPage, "/v1/desk/conversations?before=5&limit=50": () => older });
    await follow.load();
    await follow.showOlder();
    expect(listRows(follow.inbox.value).map((row) => row.id)).toEqual(["a", "b"]);
    expect(follow.inbox.value).toMatchObject({ more: false, position: 5 });
    await follow.showOlder();
    expect(follow.older.value).toBe("failed");
  });
});

describe("an unknown conversation", () => {
  it("is fetched and listed first", async () => {
    const { follow } = serve({ [FIRST]: firstPage, [ONE]: () => summary("new", 1, 6) });
    await follow.load();
    expect(follow.apply([message("new", 1, 6)], false).arrived).toHaveLength(1);
    await vi.waitFor(() => expect(listRows(follow.inbox.value).map((row) => row.id)).toEqual(["new", "a"]));
  });

  it("is fetched again if entries were added during the request", async () => {
    const answers = [summary("new", 1, 6), summary("new", 2, 7)];
    const { follow, asked } = serve({ [FIRST]: firstPage, [ONE]: () => answers.shift() });
    await follow.load();
    follow.apply([message("new", 1, 6)], false);
    follow.apply([message("new", 2, 7)], false);
    await vi.waitFor(() => expect(follow.summary("new")?.last_seq).toBe(2));
    expect(asked.filter((path) => path === ONE)).toHaveLength(2);
  });

  it("is requested again when the connection is back", async () => {
    const answers: Answers = { [FIRST]: firstPage };
    const { follow, asked } = serve(answers);
    await follow.load();
    follow.apply([message("new", 1, 6)], false);
    await vi.waitFor(() => expect(asked).toContain(ONE));
    expect(follow.summary("new")).toBeNull();
    answers[ONE] = () => summary("new", 1, 6);
    await vi.waitFor(() => {
      follow.askAgain();
      expect(follow.summary("new")?.unread).toBe(1);
    });
  });
});

it("the count is fetched if a mark is among messages that only the server has counted", async () => {
  const seen = { visitor: 0, operator: 1 };
  const counted = { ...summary("a", 2, 5, 1), seen };
  const { follow } = serve({ [FIRST]: firstPage, "/v1/desk/conversations/a": () => counted });
  await follow.load();
  follow.markSeen("a", "operator", 1);
  await vi.waitFor(() => expect(follow.summary("a")?.unread).toBe(1));
});
