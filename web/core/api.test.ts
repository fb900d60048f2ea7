import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { readProof } from "../support/proof_read";
import { Api, ApiProblem, NetworkFailure } from "./api";
import { makeKey } from "./dpop";

const fetched = vi.fn<(address: string, init: RequestInit) => Promise<Response>>();

beforeEach(() => {
  fetched.mockReset();
  vi.stubGlobal("fetch", fetched);
});

afterEach(() => {
  vi.unstubAllGlobals();
});

const api = () => new Api("https://chat.example", "nonce-1");
const json = (body: unknown, init: ResponseInit = {}) => new Response(JSON.stringify(body), init);

function problem(code: string, status: number, headers: Record<string, string> = {}): Response {
  const body = { type: `urn:crumbless:problem:${code}`, title: "It happened", detail: "Do this", status };
  return json(body, { status, headers });
}

function sent(index = 0): { address: string; init: RequestInit; headers: Record<string, string> } {
  const [address, init] = fetched.mock.calls[index] ?? ["", {}];
  return { address, init, headers: init.headers as Record<string, string> };
}

const claims = (proof: string | undefined) => readProof(proof, 1);

describe("a request", () => {
  test("contains JSON and no cookie", async () => {
    fetched.mockResolvedValue(json({ ok: true }));
    expect(await api().post("/v1/x", { a: 1 }, { signed: false })).toEqual({ ok: true });
    expect(sent()).toMatchObject({
      address: "https://chat.example/v1/x",
      init: { method: "POST", credentials: "omit", redirect: "error", body: '{"a":1}' },
      headers: { "Content-Type": "application/json" },
    });
    expect(sent().headers).not.toHaveProperty("Authorization");
  });

  test("of a session contains its token and a proof for it", async () => {
    fetched.mockImplementation(async () => json({}));
    const own = api();
    own.session = { token: "t1", key: await makeKey() };
    await own.get("/v1/desk/me?limit=1");
    expect(sent().headers.Authorization).toBe("DPoP t1");
    expect(claims(sent().headers.DPoP)).toMatchObject({
      htm: "GET",
      htu: "https://chat.example/v1/desk/me",
      nonce: "nonce-1",
      ath: expect.any(String),
    });
  });

  test("of a session without a key contains a bearer token and no proof", async () => {
    fetched.mockResolvedValue(json({}));
    const own = api();
    own.session = { token: "t1", key: null };
    await own.get("/v1/x");
    expect(sent().headers).toMatchObject({ Authorization: "Bearer t1" });
    expect(sent().headers).not.toHaveProperty("DPoP");
  });

  test("that starts a session is signed without a token", async () => {
    fetched.mockResolvedValue(json({}));
    await api().post("/v1/visitor/start", {}, { key: await makeKey() });
    expect(sent().headers).not.toHaveProperty("Authorization");
    expect(claims(sent().headers.DPoP)).not.toHaveProperty("ath");
  });

  test("with status 204 returns null", async () => {
    fetched.mockResolvedValue(new Response(null, { status: 204 }));
    expect(await api().post("/v1/x", {})).toBeNull();
  });
});

describe("the nonce", () => {
  const stale = () =>
    problem("use_dpop_nonce", 401, { "WWW-Authenticate": 'DPoP error="use_dpop_nonce"', "DPoP-Nonce": "nonce-2" });

  test("is replaced when it has expired, and the request is repeated once", async () => {
    fetched.mockResolvedValueOnce(stale()).mockResolvedValueOnce(json({ ok: 1 }));
    expect(await api().post("/v1/x", { a: 1 }, { key: await makeKey() })).toEqual({ ok: 1 });
    expect(claims(sent(0).headers.DPoP).nonce).toBe("nonce-1");
    expect(claims(sent(1).headers.DPoP).nonce).toBe("nonce-2");
    expect(sent(1).init.body).toBe('{"a":1}');
  });

  test("does not cause a loop if it is always rejected", async () => {
    fetched.mockImplementation(async () => stale());
    await expect(api().post("/v1/x", {}, { key: await makeKey() })).rejects.toBeInstanceOf(NetworkFailure);
    expect(fetched).toHaveBeenCalledTimes(8);
  });

  test.each([2, 3, 5])("reaches its node among %i that alternate", async (nodes) => {
    let turn = 0;
    fetched.mockImplementation(async (_, init) => {
      const own = `nonce-of-${turn++ % nodes}`;
      const { nonce } = claims((init.headers as Record<string, string>).DPoP);
      const fresh = { "DPoP-Nonce": own };
      if (nonce === own) return json({ ok: 1 }, { headers: fresh });
      return problem("use_dpop_nonce", 401, { "WWW-Authenticate": 'DPoP error="use_dpop_nonce"', ...fresh });
    });
    const [own, key] = [api(), await makeKey()];
    for (let request = 0; request < 6; request++) expect(await own.post("/v1/x", {}, { key })).toEqual({ ok: 1 });
  });

  test("is the newest of any response", async () => {
    fetched.mockImplementation(async () => json({}, { headers: { "DPoP-Nonce": "nonce-3" } }));
    const own = api();
    own.session = { token: "t", key: await makeKey() };
    await own.get("/v1/a");
    await own.get("/v1/b");
    expect(claims(sent(1).headers.DPoP).nonce).toBe("nonce-3");
  });
});

describe("the route", () => {
  test("is the same for all requests of a page, in each session, and differs between pages", async () => {
    fetched.mockImplementation(async () => json({}));
    const own = api();
    await own.get("/v1/a");
    await own.withSession(null).get("/v1/b");
    await api().get("/v1/c");
    const [first, second, third] = [0, 1, 2].map((index) => sent(index).headers["Crumbless-Route"]);
    expect(first).toMatch(/^[0-9a-z]{5,14}$/);
    expect(second).toBe(first);
    expect(third).not.toBe(first);
  });
});

describe("errors", () => {
  test("a problem document becomes its code, texts and wait", async () => {
    fetched.mockResolvedValue(problem("slow_down", 429, { "Retry-After": "7" }));
    const failed = await api()
      .get("/v1/x")
      .catch((cause: unknown) => cause);
    expect(failed).toBeInstanceOf(ApiProblem);
    expect(failed).toMatchObject({
      code: "slow_down",
      title: "It happened",
      detail: "Do this",
      status: 429,
      retryAfter: 7,
    });
  });

  test.each([
    ["a proxy's page", "<html>"],
    ["another problem type", '{"type":"about:blank"}'],
    ["nothing", ""],
  ])("%s is unexpected, with its status", async (_, body) => {
    fetched.mockResolvedValue(new Response(body, { status: 502 }));
    await expect(api().get("/v1/x")).rejects.toMatchObject({ code: "unexpected", status: 502, retryAfter: 0 });
  });

  test("a missing response is a network failure", async () => {
    fetched.mockRejectedValue(new TypeError("Failed to fetch"));
    await expect(api().get("/v1/x")).rejects.toBeInstanceOf(NetworkFailure);
  });

  test("a response that is not JSON is a network failure, since it is not from our server", async () => {
    fetched.mockResolvedValue(new Response("<html>sign in to the Wi-Fi</html>"));
    await expect(api().get("/v1/x")).rejects.toBeInstanceOf(NetworkFailure);
  });
});
