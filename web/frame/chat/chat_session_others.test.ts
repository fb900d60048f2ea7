import { expect, test, vi } from "vitest";
import { Api } from "../../core/api";
import type { StreamOptions } from "../../stream/stream";
import type { StartRequest } from "../../wire/conversation_wire";
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
function makeChat(
  kept: ChatKey | null,
  storage = { load: async () => kept, watch: () => () => undefined } as unknown as ChatStorage,
): { chat: Chat; line: StreamOptions; api: Api } {
  let line: StreamOptions | undefined;
  const api = new Api("https://chat.example", "n");
  const chat = new Chat({
    site: "shop",
    api,
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
  return { chat, line, api };
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

test("a chat that is left while its start is being stored does not run, and is deleted from the device", async () => {
  let left = false;
  const storage = {
    load: async () => null,
    save: async ({ token }: ChatKey) => {
      if (!token) return;
      left = true;
      chat.leave();
    },
    forget: vi.fn(async () => undefined),
  };
  const { chat, api } = makeChat(null, storage as unknown as ChatStorage);
  vi.spyOn(api, "post").mockImplementation(async (_, body) => ({
    ...{ token: "t", expires_at: Date.now() + 86_400_000, bound: true, visitor: "v", conversation: "c" },
    entry: {
      ...(body as StartRequest),
      conversation: "c",
      seq: 1,
      at: 1,
      kind: "message",
      author: { kind: "visitor" },
      data: { text: "Hello" },
    },
  }));
  chat.send("Hello");
  await vi.waitFor(() => expect(storage.forget).toHaveBeenCalledTimes(1));
  expect([left, chat.running]).toEqual([true, false]);
});
