/** What is being written, and what waits to be sent (replies, closings), kept for this tab until then. */
import { isPendingMessage, type PendingMessage } from "../shared/message_outbox";
import * as storage from "../shared/storage";
import type { PendingClosing } from "../shared/storage_values";

/** Why a reply waits for the operator's own decision; stands where the server's refusals stand. */
export const HELD_BACK = "sign_in_ended";

export function readDraft(conversation: string): string {
  return storage.get("deskDraft", { conversation }, storage.isText) ?? "";
}

/** Calls `onChange` after the draft has changed or was deleted, here or elsewhere. Returns what ends it. */
export function watchDraft(conversation: string, onChange: () => void): () => void {
  return storage.watch("deskDraft", { conversation }, onChange);
}

export function keepDraft(conversation: string, text: string): void {
  if (text) storage.set("deskDraft", { conversation }, text);
  else storage.remove("deskDraft", { conversation });
}

/** All that waits for the server: replies, and the id of the closing entry by conversation. */
export interface Unsent {
  readonly replies: readonly PendingMessage[];
  readonly closings: ReadonlyMap<string, string>;
}

export function readOutbox(): Unsent {
  const kept = storage.get("deskOutbox", {}, isUnsentList) ?? [];
  const closings = kept.filter(isPendingClosing);
  return {
    replies: kept.filter(isPendingMessage),
    closings: new Map(closings.map(({ conversation, id }) => [conversation, id])),
  };
}

/** Calls `onGone` after all that waits was deleted by somebody else, as in the panel of what is kept. Returns what ends it. */
export function watchOutbox(onGone: () => void): () => void {
  return storage.watch("deskOutbox", {}, () => {
    if (!storage.get("deskOutbox", {}, isUnsentList)) onGone();
  });
}

export function keepOutbox({ replies, closings }: Unsent): void {
  const list = [...closings].map(([conversation, id]): PendingClosing => ({ id, conversation, kind: "closing" }));
  if (replies.length + list.length > 0) storage.set("deskOutbox", {}, [...replies, ...list]);
  else storage.remove("deskOutbox", {});
}

/**
 * Lets nothing that waits be sent by itself: it may be another operator's. Replies can be sent, or edited, one by one; a
 * conversation that is still open shows that by itself.
 */
export function holdOutboxBack(): void {
  const replies = readOutbox().replies.map((message) => ({ ...message, refused: message.refused || HELD_BACK }));
  keepOutbox({ replies, closings: new Map() });
}

const isUnsentList = (value: unknown): value is (PendingMessage | PendingClosing)[] =>
  Array.isArray(value) && value.every((one) => isPendingMessage(one) || isPendingClosing(one));

function isPendingClosing(value: unknown): value is PendingClosing {
  if (typeof value !== "object" || value === null) return false;
  const { id, conversation, kind } = value as Record<string, unknown>;
  return kind === "closing" && typeof id === "string" && typeof conversation === "string";
}
