/** Drafts and unsent commands (replies, closings), stored for this tab until they are sent. */
import { isPendingList } from "../../messages/message_outbox";
import type { PendingCommand } from "../../messages/pending_command";
import * as storage from "../../storage/storage";

/** The reason why a reply waits for the operator's decision. It is stored in place of a rejection code. */
export const WRITE_DELAY = "sign_in_ended";

export function readDraft(conversation: string): string {
  return storage.get("deskDraft", { conversation }, storage.isText) ?? "";
}

/**
 * Call `onChange` after the draft has changed or was deleted, in this part of the page or another. Returns a function that ends
 * this.
 */
export function watchDraft(conversation: string, onChange: () => void): () => void {
  return storage.watch("deskDraft", { conversation }, onChange);
}

export function storeDraft(conversation: string, text: string): void {
  if (text) storage.set("deskDraft", { conversation }, text);
  else storage.remove("deskDraft", { conversation });
}

export function readOutbox(): readonly PendingCommand[] {
  return storage.get("deskOutbox", {}, isPendingList) ?? [];
}

/**
 * Call `onGone` after all unsent commands were deleted outside the outbox, as in the panel of stored data. Returns a function
 * that ends this.
 */
export function watchOutbox(onGone: () => void): () => void {
  return storage.watch("deskOutbox", {}, () => {
    if (!storage.get("deskOutbox", {}, isPendingList)) onGone();
  });
}

export function storeOutbox(unsent: readonly PendingCommand[]): void {
  if (unsent.length > 0) storage.set("deskOutbox", {}, unsent);
  else storage.remove("deskOutbox", {});
}

/**
 * Prevent unsent commands from being sent automatically: they may be another operator's. Messages and notes can be sent or edited
 * one by one. A closing is discarded, since the open conversation is visible.
 */
export function holdOutboxBack(): void {
  const written = readOutbox().filter((command) => command.op !== "close");
  storeOutbox(written.map((command) => ({ ...command, refused: command.refused || WRITE_DELAY })));
}
