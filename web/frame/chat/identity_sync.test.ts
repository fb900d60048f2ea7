import { beforeEach, describe, expect, test, vi } from "vitest";
import { Api, ApiProblem } from "../../core/api";
import type { LayerProps } from "./chat_layer";
import type { ChatKey } from "./chat_storage";
import { followPage } from "./identity_sync";

const answer = {
  name: "Anna",
  session: { token: "new", expires_at: Date.now() + 86_400_000, visitor: "v", conversation: "c" },
};
const problem = (code: string) => new ApiProblem(code, "No", "", 401, 0);

let did: string[];
let refusal: ApiProblem | null;
let restored: ChatKey | undefined;
let given: LayerProps;

beforeEach(() => {
  vi.stubGlobal("location", { hash: "", pathname: "/chat/shop", search: "" });
  did = [];
  restored = undefined;
  const api = new Api("https://chat.example", "n");
  api.session = { token: "old", key: null };
  vi.spyOn(api, "post").mockImplementation(async (path, _body, options) => {
    did.push(`${path}${options?.key ? " with a new key" : ""}`);
    if (refusal && !options?.key) throw refusal;
    return answer;
  });
  const last = new Api("https://chat.example", "n");
  vi.spyOn(last, "post").mockImplementation(async (path) => did.push(`${path} for the other`));
  vi.spyOn(api, "withSession").mockReturnValue(last);
  const chat = {
    running: true,
    identity: undefined as string | undefined,
    sessionEnded: async () => {
      did.push("session ended");
      chat.running = false;
    },
    restore: async (adopted: ChatKey) => {
      restored = adopted;
    },
  };
  const onErased = async () => {
    did.push("erased here");
    chat.running = false;
  };
  given = { language: "en", config: { site: "shop" }, api, chat, onErased } as unknown as LayerProps;
});

const follow = () => followPage("jwt", null, given, { connected: async () => "https://shop.example" });
const IDENTIFY = "/v1/visitor/identify";

describe("a page that identifies its visitor", () => {
  test("does not change a chat of the same visitor", async () => {
    refusal = null;
    await follow();
    expect(did).toEqual([IDENTIFY]);
    expect(restored).toBeUndefined();
  });

  test("continues the chat with a new session if the old one has ended", async () => {
    refusal = problem("invalid_token");
    await follow();
    expect(did).toEqual([IDENTIFY, "session ended", `${IDENTIFY} with a new key`]);
    expect(restored).toMatchObject({ token: "new", conversation: "c" });
  });

  test("replaces a chat of another visitor", async () => {
    refusal = problem("other_identity");
    await follow();
    expect(did).toEqual([IDENTIFY, "erased here", "/v1/visitor/logout for the other", `${IDENTIFY} with a new key`]);
    expect(restored).toMatchObject({ token: "new" });
  });

  test("does not change the chat if the token is rejected", async () => {
    refusal = problem("identity_refused");
    const told = vi.spyOn(console, "error").mockImplementation(() => undefined);
    await follow();
    expect(did).toEqual([IDENTIFY]);
    expect(told).toHaveBeenCalledOnce();
  });
});
