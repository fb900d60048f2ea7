/** Checks stored lists and threads, which may be of another version, cut off, or another program's. */
import * as v from "valibot";
import type { StoredInbox, StoredThread } from "../../storage/storage_values";

const seen = v.object({ visitor: v.number(), operator: v.number() });

const entry = v.object({
  conversation: v.string(),
  id: v.string(),
  kind: v.string(),
  seq: v.number(),
  at: v.number(),
  author: v.object({ kind: v.string(), name: v.optional(v.string()), id: v.optional(v.string()) }),
  data: v.nullable(v.looseObject({})),
});

const summary = v.object({
  id: v.string(),
  visitor_id: v.string(),
  visitor_name: v.string(),
  site_name: v.string(),
  status: v.picklist(["open", "snoozed", "closed"]),
  waiting_since: v.nullable(v.number()),
  number: v.number(),
  started_at: v.number(),
  last_seq: v.number(),
  position: v.number(),
  unread: v.number(),
  seen,
  last: v.nullable(entry),
  operator: v.string(),
  team: v.string(),
  priority: v.picklist(["low", "normal", "high", "urgent"]),
  snoozed_until: v.nullable(v.number()),
  labels: v.array(v.string()),
});

const operator = v.object({
  id: v.string(),
  name: v.string(),
  email: v.string(),
  role: v.string(),
  workspace_name: v.string(),
});

const inbox = v.object({
  operator,
  position: v.number(),
  oldest: v.number(),
  more: v.boolean(),
  rows: v.array(summary),
  threads: v.array(v.string()),
});

const thread = v.object({
  entries: v.pipe(
    v.array(entry),
    v.minLength(1),
    v.check((entries) => entries.every(({ seq }, index) => index === 0 || seq === (entries[index - 1]?.seq ?? 0) + 1)),
  ),
  more: v.boolean(),
  seen,
});

export const isStoredInbox = (value: unknown): value is StoredInbox => v.is(inbox, value);
export const isStoredThread = (value: unknown): value is StoredThread => v.is(thread, value);
