import { beforeEach, expect, it, vi } from "vitest";
import type { Api } from "../../core/api";
import { makeKey } from "../../core/dpop";
import * as storage from "../../storage/storage";
import { NotBegunHere } from "../core/sign_in_failures";
import { finishRedirect } from "./oidc_redirect";

const pending = { provider: "example", purpose: "sign-in", back: "#/c1" } as const;
const post = vi.fn(async () => ({ token: "t" }));
const finish = () =>
  finishRedirect({ post } as unknown as Api, "/desk/oidc/example", new URLSearchParams("code=c&state=s"));

beforeEach(() => void post.mockClear());

it("finishes a sign-in that began in this browser", async () => {
  const key = await makeKey();
  await storage.setValue("deskPending", {}, { ...pending, key } as never);
  expect(await finish()).toMatchObject({ purpose: "sign-in", back: "#/c1", signIn: { key } });
  expect(post).toHaveBeenCalledOnce();
});

it.each([{ provider: undefined }, { purpose: "another" }, { back: 1 }, { key: null }])(
  "rejects a stored sign-in with invalid data: %o",
  async (changed) => {
    await storage.setValue("deskPending", {}, { ...pending, key: await makeKey(), ...changed } as never);
    await expect(finish()).rejects.toThrow(NotBegunHere);
    expect(post).not.toHaveBeenCalled();
  },
);
