/** A desk feed with doubles of the server and the stream, for tests. */
import { expect, vi } from "vitest";
import { Api, ApiProblem } from "../core/api";
import { DeskFeed, type FeedOptions } from "../desk/state/desk_feed";
import type { AppFrame, StreamOptions } from "../stream/stream";
import type { AnyClientFrame, ConversationSummary, Operator } from "../wire/frames";
import type { Entry } from "../wire/timeline";

export const ME: Operator = {
  id: "op-1",
  name: "Ola",
  email: "ola@example.org",
  role: "owner",
  workspace_name: "North",
};
export const VISITOR = { kind: "visitor" } as const;

export const summary = (last_seq: number, position: number): ConversationSummary => ({
  id: "a",
  status: "open",
  number: 1,
  waiting_since: 1,
  visitor_id: "v",
  visitor_name: "",
  site_name: "Shop",
  started_at: 1,
  last_seq,
  position,
  unread: last_seq,
  seen: { visitor: 0, operator: 0 },
  last: null,
  contact: null,
  operator: "",
  team: "",
  priority: "normal",
  snoozed_until: null,
  labels: [],
});

export const message = (seq: number, position: number, changes: Partial<Entry> = {}): Entry =>
  ({
    conversation: "a",
    id: `entry-${seq}`,
    seq,
    at: 1,
    kind: "message",
    author: VISITOR,
    data: { text: "hello" },
    position,
    ...changes,
  }) as Entry;

export const welcome = (position: number, complete = true): AppFrame => ({
  op: "welcome",
  you: { kind: "operator", id: ME.id, name: ME.name },
  limits: { text: 8000, frame: 65_536, ping: 25 },
  bound: true,
  position,
  conversation: null,
  operator: ME,
  second_factor_from: 0,
  complete,
});

/** An API with a table of responses, so that no network is needed. */
export class TableApi extends Api {
  readonly answers: Record<string, () => unknown> = {
    "/v1/desk/conversations?limit=50": () => ({ position: 2, conversations: [summary(2, 2)], more: false }),
    "/v1/desk/conversations/a/entries?limit=100": () => ({
      conversation: summary(2, 2),
      entries: [message(1, 1), message(2, 2)],
      more: false,
    }),
  };

  override async get<T>(path: string): Promise<T> {
    const answer = this.answers[path];
    if (!answer) throw new ApiProblem("not_found", path, "", 404, 0);
    return answer() as T;
  }
}

export function open(changes: Partial<FeedOptions> = {}) {
  const sent: AnyClientFrame[] = [];
  const line = {
    up: true,
    start: vi.fn(),
    stop: vi.fn(),
    reconnect: vi.fn(),
    send: (frame: AnyClientFrame) => {
      if (line.up) sent.push(frame);
      return line.up;
    },
  };
  const page = { visible: true };
  const api = new TableApi("https://chat.example", "n");
  const callbacks = {
    ring: vi.fn(),
    onEnded: vi.fn(),
    onOperator: vi.fn(),
    onErased: vi.fn(),
    onDeleted: vi.fn(),
    keep: vi.fn(),
  };
  let stream: StreamOptions | undefined;
  const openLine = (options: StreamOptions) => {
    stream = options;
    return line;
  };
  const feed = new DeskFeed({
    api,
    kept: [],
    isVisible: () => page.visible,
    openLine,
    ...callbacks,
    ...changes,
  });
  const receive = (frame: AppFrame) => stream?.onFrame(frame);
  const connect = (position = 2) => {
    stream?.onState("open");
    receive(welcome(position));
  };
  const sentOf = (op: AnyClientFrame["op"]) => sent.filter((frame) => frame.op === op);
  return { feed, line, page, api, callbacks, receive, connect, sentOf, cursor: () => stream?.after() };
}

export async function opened(changes: Partial<FeedOptions> = {}) {
  const desk = open(changes);
  await desk.feed.start();
  desk.connect();
  desk.feed.open("a");
  await vi.waitFor(() => expect(desk.feed.threads.thread.value?.state).toBe("ready"));
  return desk;
}
