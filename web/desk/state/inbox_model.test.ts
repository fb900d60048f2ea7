import { describe, expect, it } from "vitest";
import { textOf } from "../../messages/message_log";
import type { InboxPage } from "../../wire/conversation_wire";
import type { ConversationSummary } from "../../wire/frames";
import type { Entry } from "../../wire/timeline";
import {
  addPage,
  addSummary,
  applyEntries,
  applySeen,
  countUnread,
  type Inbox,
  listRows,
  startInbox,
} from "./inbox_model";

const ANA = { kind: "visitor", name: "Ana" } as const;
const OLA = { kind: "operator", name: "Ola", id: "op-1" } as const;

function summary(id: string, changes: Partial<ConversationSummary> = {}): ConversationSummary {
  return {
    id,
    status: "open",
    number: 1,
    waiting_since: 1,
    visitor_id: `visitor-${id}`,
    visitor_name: "",
    site_name: "Shop",
    started_at: 1000,
    last_seq: 1,
    position: 1,
    unread: 1,
    seen: { visitor: 0, operator: 0 },
    last: null,
    contact: null,
    operator: "",
    team: "",
    priority: "normal",
    snoozed_until: null,
    labels: [],
    ...changes,
  };
}

function page(position: number, conversations: ConversationSummary[], more = false): InboxPage {
  return { position, conversations, more };
}

function message(position: number, conversation: string, seq: number, changes: Partial<Entry> = {}): Entry {
  const id = `${conversation}-${seq}`;
  return {
    conversation,
    id,
    seq,
    at: 1000 + position,
    kind: "message",
    author: ANA,
    data: { text: id },
    position,
    ...changes,
  } as Entry;
}

const row = (inbox: Inbox, id: string): ConversationSummary | undefined => inbox.rows.get(id)?.summary;

describe("the list", () => {
  it("starts with the newest activity, and a new entry moves its conversation up", () => {
    const inbox = startInbox(page(9, [summary("a", { position: 9 }), summary("b", { position: 4 })]));
    expect(listRows(inbox).map((one) => one.id)).toEqual(["a", "b"]);
    const after = applyEntries(inbox, [message(10, "b", 2)]).inbox;
    expect(listRows(after).map((one) => one.id)).toEqual(["b", "a"]);
  });

  it("omits a conversation below the loaded pages until its page is loaded", () => {
    const inbox = startInbox(page(9, [summary("a", { position: 9 })], true));
    const linked = addSummary(inbox, summary("old", { position: 2 }));
    expect(listRows(linked).map((one) => one.id)).toEqual(["a"]);
    const all = addPage(linked, page(9, [summary("mid", { position: 5 }), summary("old", { position: 2 })]));
    expect(listRows(all).map((one) => one.id)).toEqual(["a", "mid", "old"]);
    expect(all.more).toBe(false);
  });

  it("does not revert to an older response after newer frames", () => {
    const inbox = startInbox(page(9, [summary("a", { position: 9 })], true));
    const live = applyEntries(inbox, [message(10, "a", 2, { author: OLA })]).inbox;
    expect(row(addSummary(live, summary("a", { position: 9 })), "a")?.status).toBe("open");
    expect(addPage(live, page(12, [], false)).position).toBe(10);
  });
});

describe("entries", () => {
  const inbox = startInbox(page(1, [summary("a")]));

  it("update status, last text, unread count and position as on the server", () => {
    const asked = applyEntries(inbox, [message(2, "a", 2, { data: { text: "Anyone?" } })]).inbox;
    expect(row(asked, "a")).toMatchObject({
      status: "open",
      waiting_since: 1,
      unread: 2,
      last_seq: 2,
      position: 2,
      visitor_name: "Ana",
    });
    const answered = applyEntries(asked, [message(3, "a", 3, { author: OLA, data: { text: "Yes" } })]).inbox;
    expect(row(answered, "a")).toMatchObject({
      status: "open",
      waiting_since: null,
      unread: 0,
      seen: { visitor: 0, operator: 3 },
    });
    expect(textOf(row(answered, "a")?.last)).toBe("Yes");
    const closing = message(4, "a", 4, { kind: "closed", author: OLA, data: {} });
    const closed = applyEntries(answered, [closing]).inbox;
    expect(row(closed, "a")).toMatchObject({ status: "closed", last_seq: 4, position: 4 });
    expect(textOf(row(closed, "a")?.last)).toBe("Yes");
    expect(row(applyEntries(closed, [message(5, "a", 5)]).inbox, "a")?.waiting_since).toBe(1005);
    expect(row(applyEntries(closed, [message(5, "a", 5, { author: OLA })]).inbox, "a")?.status).toBe("open");
  });

  it("are ignored when they are repeated", () => {
    const once = applyEntries(inbox, [message(2, "a", 2)]);
    const twice = applyEntries(once.inbox, [message(2, "a", 2)]);
    expect(once.arrived).toHaveLength(1);
    expect(twice.arrived).toHaveLength(0);
    expect(row(twice.inbox, "a")?.unread).toBe(2);
  });

  it("are not counted twice if a fetched summary was ahead of the stream", () => {
    const ahead = addSummary(inbox, summary("a", { last_seq: 3, position: 3, unread: 3 }));
    const applied = applyEntries(ahead, [message(2, "a", 2), message(3, "a", 3), message(4, "a", 4)]);
    expect(row(applied.inbox, "a")?.unread).toBe(4);
    expect(applied.inbox.position).toBe(4);
  });

  it("of an unknown conversation require its summary up to their seq", () => {
    const applied = applyEntries(inbox, [message(2, "new", 1), message(3, "new", 2)]);
    expect([...applied.missing]).toEqual([["new", 2]]);
    expect(applied.arrived.map((entry) => entry.seq)).toEqual([1, 2]);
    expect(applied.inbox.position).toBe(3);
  });

  it("after a skipped seq require the summary instead of a wrong count", () => {
    const applied = applyEntries(inbox, [message(2, "a", 5)]);
    expect([...applied.missing]).toEqual([["a", 5]]);
    expect(row(applied.inbox, "a")?.last_seq).toBe(1);
  });

  it("after a skipped position are not applied, and the cursor stays before it", () => {
    const applied = applyEntries(inbox, [message(2, "a", 2), message(4, "a", 4)]);
    expect(applied.gap).toBe(true);
    expect(applied.inbox.position).toBe(2);
    expect(row(applied.inbox, "a")?.last_seq).toBe(2);
  });

  it("of the first response after a reconnect are trusted", () => {
    const applied = applyEntries(inbox, [message(4, "a", 2)], true);
    expect(applied).toMatchObject({ gap: false, inbox: { position: 4 } });
  });
});

describe("seen marks", () => {
  const inbox = applyEntries(startInbox(page(1, [summary("a")])), [message(2, "a", 2), message(3, "a", 3)]).inbox;

  it("clear the count when a colleague has read everything", () => {
    expect(row(inbox, "a")?.unread).toBe(3);
    const read = applySeen(inbox, "a", "operator", 3);
    expect(read.stale).toBe(false);
    expect(row(read.inbox, "a")?.unread).toBe(0);
  });

  it("in the middle leave the later messages unread", () => {
    expect(row(applySeen(inbox, "a", "operator", 2).inbox, "a")?.unread).toBe(1);
    expect(row(applySeen(inbox, "a", "operator", 1).inbox, "a")?.unread).toBe(2);
  });

  it("apply to a message that arrives after them", () => {
    const ahead = applySeen(inbox, "a", "operator", 4).inbox;
    const after = applyEntries(ahead, [message(4, "a", 4), message(5, "a", 5)]).inbox;
    expect(row(after, "a")?.unread).toBe(1);
  });

  it("report a count that only the server knows", () => {
    const counted = startInbox(page(9, [summary("b", { last_seq: 9, position: 9, unread: 5 })]));
    expect(applySeen(counted, "b", "operator", 7).stale).toBe(true);
  });

  it("never go back", () => {
    const read = applySeen(inbox, "a", "operator", 3).inbox;
    expect(applySeen(read, "a", "operator", 1).inbox).toBe(read);
    const fetched = summary("a", { last_seq: 3, position: 3, unread: 3 });
    expect(row(addSummary(read, fetched), "a")).toMatchObject({ unread: 0, seen: { visitor: 0, operator: 3 } });
  });

  it("of the visitor do not change the count, and an unknown conversation causes no error", () => {
    expect(row(applySeen(inbox, "a", "visitor", 2).inbox, "a")).toMatchObject({ unread: 3, seen: { visitor: 2 } });
    expect(applySeen(inbox, "nobody", "visitor", 2)).toEqual({ inbox, stale: false });
  });
});

it("the total of unread messages is the sum of all rows", () => {
  const inbox = startInbox(
    page(4, [summary("a", { unread: 2, position: 4 }), summary("b", { unread: 3, position: 3 })]),
  );
  expect(countUnread(inbox)).toBe(5);
  expect(countUnread(applySeen(inbox, "b", "operator", 1).inbox)).toBe(2);
});

describe("an erasure", () => {
  it("leaves a row without text, name or unread messages", () => {
    const before = startInbox(page(4, [summary("a", { last_seq: 2, position: 4, unread: 2, visitor_name: "Vera" })]));
    const erasure: Entry = { ...message(5, "a", 3), kind: "erased", data: {} };
    const { inbox, arrived, missing } = applyEntries(before, [erasure]);
    expect(listRows(inbox)[0]).toMatchObject({
      status: "closed",
      visitor_name: "",
      unread: 0,
      last: erasure,
      last_seq: 3,
      position: 5,
    });
    expect([arrived, missing.size, countUnread(inbox)]).toEqual([[], 0, 0]);
  });
});

describe("the newest message", () => {
  const last = message(5, "a", 2);
  const before = startInbox(page(5, [summary("a", { last_seq: 2, position: 5, last })]));
  const edit = (target: string): Entry =>
    ({ ...message(6, "a", 3), kind: "edited", data: { entry: target, text: "new" } }) as Entry;
  const deletion = (target: string): Entry =>
    ({ ...message(6, "a", 3), kind: "deleted", data: { entry: target } }) as Entry;

  it("has the text of its newest edit", () => {
    expect(textOf(row(applyEntries(before, [edit(last.id)]).inbox, "a")?.last)).toBe("new");
    expect(row(applyEntries(before, [edit("a-1")]).inbox, "a")?.last).toBe(last);
  });

  it("is emptied by its deletion, and the summary is fetched, because the message may have been unread", () => {
    const { inbox, missing, arrived } = applyEntries(before, [deletion(last.id)]);
    expect(row(inbox, "a")).toMatchObject({ last_seq: 3, last: { id: last.id, data: null } });
    expect(row(applyEntries(before, [deletion("a-1")]).inbox, "a")?.last).toBe(last);
    expect([[...missing], arrived]).toEqual([[["a", 3]], []]);
  });

  it("is not replaced by a note or a reaction", () => {
    const reaction = {
      ...message(6, "a", 3),
      kind: "reaction",
      data: { entry: last.id, reaction: "like", on: true },
    } as Entry;
    expect(row(applyEntries(before, [reaction]).inbox, "a")).toMatchObject({ last, unread: 1, status: "open" });
  });
});

describe("an entry of an operator's organisation", () => {
  const before = startInbox(page(5, [summary("a", { operator: "op-1", team: "team-1" })]));
  const changed = (kind: Entry["kind"], data: unknown, of = before) =>
    applyEntries(of, [{ ...message(of.position + 1, "a", (row(of, "a")?.last_seq ?? 0) + 1), kind, data } as Entry])
      .inbox;

  it("changes the assignment, and leaves what it does not name", () => {
    expect(row(changed("assigned", { operator: "op-2", team: null }), "a")).toMatchObject({
      operator: "op-2",
      team: "team-1",
    });
    expect(row(changed("assigned", { operator: null, team: "" }), "a")).toMatchObject({ operator: "op-1", team: "" });
  });

  it("adds and removes one label", () => {
    const both = changed("label", { label: "b", on: true }, changed("label", { label: "a", on: true }));
    expect(row(both, "a")?.labels).toEqual(["a", "b"]);
    expect(row(changed("label", { label: "a", on: false }, both), "a")?.labels).toEqual(["b"]);
  });

  it("changes the priority", () => {
    expect(row(changed("priority", { priority: "high" }), "a")).toMatchObject({
      priority: "high",
      status: "open",
      unread: 1,
    });
  });

  it("snoozes until it is woken, or until a message", () => {
    const snoozed = changed("snoozed", { until: 9 });
    expect(row(snoozed, "a")).toMatchObject({ status: "snoozed", snoozed_until: 9 });
    expect(row(changed("woken", {}, snoozed), "a")).toMatchObject({ status: "open", snoozed_until: null });
    expect(row(changed("message", { text: "Hi" }, snoozed), "a")).toMatchObject({
      status: "open",
      snoozed_until: null,
    });
  });
});
