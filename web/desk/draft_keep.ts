/** Replies that are being written and replies that wait, kept for this tab until they are sent. */
import { isPendingList, type PendingMessage } from "../shared/message_outbox";
import * as storage from "../shared/storage";

/** Why a reply waits for the operator's own decision; stands where the server's refusals stand. */
export const HELD_BACK = "sign_in_ended";

export function readDraft(conversation: string): string {
  return storage.get("deskDraft", { conversation }, storage.isText) ?? "";
}

export function keepDraft(conversation: string, text: string): void {
  if (text) storage.set("deskDraft", { conversation }, text);
  else storage.remove("deskDraft", { conversation });
}

export function readOutbox(): readonly PendingMessage[] {
  return storage.get("deskOutbox", {}, isPendingList) ?? [];
}

export function keepOutbox(pending: readonly PendingMessage[]): void {
  if (pending.length > 0) storage.set("deskOutbox", {}, pending);
  else storage.remove("deskOutbox", {});
}

/** Lets no waiting reply be sent by itself: it may be another operator's. They can be sent, or edited, one by one. */
export function holdOutboxBack(): void {
  keepOutbox(readOutbox().map((message) => ({ ...message, refused: message.refused || HELD_BACK })));
}
