/** What is being written, and what waits to be sent (replies, closings), kept for this tab until then. */
import { isPendingList, type PendingCommand } from "../shared/message_outbox";
import * as storage from "../shared/storage";

/** Why a reply waits for the operator's own decision; stands where the server's refusals stand. */
export const WRITE_DELAY = "sign_in_ended";

export function readDraft(conversation: string): string {
  return storage.get("deskDraft", { conversation }, storage.isText) ?? "";
}

/** Calls `onChange` after the draft has changed or was deleted, here or elsewhere. Returns what ends it. */
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

/** Calls `onGone` after all that waits was deleted elsewhere, as in the panel of stored data. Returns what ends it. */
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
 * Lets nothing that waits be sent by itself: it may be another operator's. Messages and notes can be sent, or edited, one by
 * one; a conversation that is still open shows that by itself.
 */
export function holdOutboxBack(): void {
  const written = readOutbox().filter((command) => command.op !== "close");
  storeOutbox(written.map((command) => ({ ...command, refused: command.refused || WRITE_DELAY })));
}
