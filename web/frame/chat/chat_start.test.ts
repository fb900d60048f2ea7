import { afterEach, expect, test, vi } from "vitest";
import { type Api, NetworkFailure } from "../../core/api";
import { newChat, startOnce } from "./chat_start";

afterEach(() => {
  vi.unstubAllGlobals();
});

test("every attempt without a key has the same claim, and an attempt with a key has none", async () => {
  vi.stubGlobal("crypto", { getRandomValues: crypto.getRandomValues.bind(crypto) });
  const unbound = await newChat();
  vi.unstubAllGlobals();
  const bound = await newChat();
  const asked: { claim?: string }[] = [];
  const api = {
    post: (_path: string, request: { claim?: string }) => {
      asked.push(request);
      return Promise.reject(new NetworkFailure());
    },
  } as unknown as Api;
  const first = { id: "i", conversation: "", text: "Hello", at: 0, refused: "" };
  const page = { site: "s", origin: "http://shop.example", consent: null };
  for (const chat of [unbound, unbound, bound]) await startOnce(api, chat, first, page, 0);
  expect(unbound.key).toBeNull();
  expect(bound.key).not.toBeNull();
  expect(asked[0]?.claim?.length).toBeGreaterThanOrEqual(22);
  expect(asked[1]?.claim).toBe(asked[0]?.claim);
  expect(asked[2]?.claim).toBeUndefined();
});

test("the start contains the page's receipt only if there is one", async () => {
  const asked: object[] = [];
  const api = {
    post: (_path: string, request: object) => {
      asked.push(request);
      return Promise.reject(new NetworkFailure());
    },
  } as unknown as Api;
  const first = { id: "i", conversation: "", text: "Hello", at: 0, refused: "" };
  const chat = await newChat();
  for (const consent of ["R", null]) await startOnce(api, chat, first, { site: "s", origin: "o", consent }, 0);
  expect(asked).toMatchObject([{ consent: "R" }, { consent: null }]);
});
