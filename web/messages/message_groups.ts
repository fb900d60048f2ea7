/** Divides a thread into days and groups of bubbles, without side effects. */
import { MINUTE_MS } from "../core/time_units";
import type { ShownClosing, ShownItem, ShownMessage } from "./message_log";

/** Messages of one author with a shorter pause than this are in one group. */
const GROUP_PAUSE_MS = 5 * MINUTE_MS;

export interface MessageGroup {
  kind: "group";
  key: string;
  own: boolean;
  messages: ShownMessage[];
  /** Whether the send state is shown: while it matters, and on our newest message. */
  showState: boolean;
}

export type Block =
  | { kind: "day"; key: string; at: number }
  | { kind: "closed"; key: string; item: ShownClosing }
  | MessageGroup;

/** Return the blocks of a thread, in order. */
export function blocksOf(items: readonly ShownItem[]): Block[] {
  const blocks: Block[] = [];
  let day = "";
  for (const item of items) {
    const itemDay = new Date(item.at).toDateString();
    if (itemDay !== day) blocks.push({ kind: "day", key: `day ${itemDay} ${item.id}`, at: item.at });
    day = itemDay;
    if (item.kind === "closed") blocks.push({ kind: "closed", key: item.id, item });
    else addMessage(blocks, item);
  }
  showNewestState(blocks);
  return blocks;
}

function addMessage(blocks: Block[], message: ShownMessage): void {
  const before = blocks[blocks.length - 1];
  if (before?.kind === "group" && belongs(before, message)) before.messages.push(message);
  else blocks.push({ kind: "group", key: message.id, own: message.own, messages: [message], showState: false });
}

function belongs(group: MessageGroup, message: ShownMessage): boolean {
  const last = group.messages[group.messages.length - 1];
  return (
    last !== undefined &&
    last.author.kind === message.author.kind &&
    (last.author.name ?? "") === (message.author.name ?? "") &&
    Boolean(last.note) === Boolean(message.note) &&
    last.state !== "refused" &&
    Math.abs(message.at - last.at) < GROUP_PAUSE_MS
  );
}

function showNewestState(blocks: Block[]): void {
  const own = blocks.filter((block): block is MessageGroup => block.kind === "group" && block.own);
  for (const group of own) {
    const state = group.messages[group.messages.length - 1]?.state;
    group.showState = group === own[own.length - 1] || state === "sending" || state === "waiting";
  }
}
