import { expect, test } from "vitest";
import { Api } from "../../core/api";
import type { StreamOptions } from "../../stream/stream";
import { Chat } from "./chat_session";
import type { ChatKey, ChatStorage } from "./chat_storage";

const stored: ChatKey = {
  token: "t",
  expiresAt: Date.now() + 86_400_000,
  visitor: "v",
  conversation: "shown",
  keyId: null,
  key: null,
};

/** Create a chat in a browser that has stored one, and its stream. */
function makeChat(kept: ChatKey | null): { chat: Chat; line: StreamOptions } {
  let line: StreamOptions | undefined;
  const storage = { load: async () => kept, watch: () => () => undefined } as unknown as ChatStorage;
  const chat = new Chat({
    site: "shop",
    api: new Api("https://chat.example", "n"),
    storage,
    kept: [],
    savePending: () => undefined,
    pageOrigin: async () => "https://shop.example",
    onStored: () => undefined,
    onChange: () => undefined,
    openStream: (options) => {
      line = options;
      return { start: () => undefined, stop: () => undefined, send: () => true, reconnect: () => undefined };
    },
  });
  if (!line) throw new Error("no stream");
  return { chat, line };
}

test("after a reload the stream names the conversation that was shown", async () => {
  const { chat, line } = makeChat(stored);
  expect(line.conversation?.()).toBeNull();
  await chat.restore();
  expect(line.conversation?.()).toBe("shown");
});

test("a summary of another conversation does not change the shown thread", async () => {
  const { chat, line } = makeChat(stored);
  await chat.restore();
  line.onFrame({
    op: "summary",
    conversation: { id: "other", number: 2, status: "open", started_at: 1, last_seq: 1, unread: 1, last: null },
  });
  expect([chat.items, chat.unread, chat.conversation]).toEqual([[], 0, "shown"]);
});
