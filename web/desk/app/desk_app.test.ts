import words from "texts:desk/en";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Api } from "../../core/api";
import * as storage from "../../storage/storage";
import { readDraft, readOutbox, storeDraft, storeOutbox, WRITE_DELAY } from "../core/draft_storage";
import { type NewSession, signInWithPassword } from "../sign_in/sign_in_api";
import { DeskApp } from "./desk_app";
import { DeskSession } from "./desk_session";

const operatorOf = (id: string) => ({ id, name: id, email: "", role: "owner", workspace_name: "North" });

/** A server in place of fetch. Sign-ins return the next token, tokens can be ended, and the server can be unreachable. */
class Server {
  away = false;
  operator = "op-1";
  /** Whether the workspace requires a second factor that the operator does not have. */
  onlySetsUp = false;
  readonly ended = new Set<string>();
  readonly asked: { path: string; token: string | null }[] = [];
  #tokens = 0;

  readonly fetch = async (address: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const path = new URL(String(address)).pathname;
    const token = new Headers(init?.headers).get("Authorization")?.replace("DPoP ", "") ?? null;
    this.asked.push({ path, token });
    if (this.away) throw new TypeError("unreachable");
    if (path === "/v1/desk/sign-in") return this.#signIn();
    if (!token || this.ended.has(token)) return problem("invalid_token", 401);
    if (path === "/v1/desk/me/totp/begin") return Response.json({});
    if (path === "/v1/desk/sign-out") return new Response(null, { status: 204 });
    if (path === "/v1/desk/me") return Response.json(operatorOf(this.operator));
    if (path === "/v1/desk/conversations") return Response.json({ position: 0, conversations: [], more: false });
    return problem("not_found", 404);
  };

  #signIn(): Response {
    this.#tokens += 1;
    const expires_at = Date.now() + 60_000;
    const { onlySetsUp: only_sets_up, operator } = this;
    return Response.json({ token: `token-${this.#tokens}`, expires_at, operator: operatorOf(operator), only_sets_up });
  }
}

function problem(code: string, status: number): Response {
  return Response.json({ type: `urn:crumbless:problem:${code}`, title: code, status }, { status });
}

/** A socket that never opens: the stream has separate tests. */
class SilentSocket extends EventTarget {
  static readonly open = new Set<SilentSocket>();
  constructor() {
    super();
    SilentSocket.open.add(this);
  }
  close(): void {
    SilentSocket.open.delete(this);
  }
  send(): void {}
}

/** Channels that are closed after their test. */
const channels: BroadcastChannel[] = [];
class TestChannel extends BroadcastChannel {
  constructor(name: string) {
    super(name);
    channels.push(this);
  }
}

let server: Server;

const tabs: DeskApp[] = [];

function openTab(): DeskApp {
  const session = new DeskSession(new Api("https://chat.example", "n"));
  const app = new DeskApp({ session, ring: () => {}, isVisible: () => true, route: () => null });
  tabs.push(app);
  return app;
}

const api = new Api("https://chat.example", "n");

/** Sign in as the operator that the server is set to. */
async function signIn(app: DeskApp): Promise<NewSession> {
  const entered = await signInWithPassword(api, "someone@example.org", "secret");
  if (!("answer" in entered)) throw new Error("the server requires a code");
  await app.enter(entered);
  return entered;
}

const stageOf = (app: DeskApp): string => app.stage.value.kind;
const noticeOf = (app: DeskApp): string => (app.stage.value.kind === "signed-out" ? app.stage.value.notice(words) : "");

function feedOf(app: DeskApp) {
  if (app.stage.value.kind !== "signed-in") throw new Error(`the desk is ${app.stage.value.kind}`);
  return app.stage.value.feed;
}

beforeEach(() => {
  SilentSocket.open.clear();
  server = new Server();
  vi.stubGlobal("fetch", server.fetch);
  vi.stubGlobal("BroadcastChannel", TestChannel);
  vi.stubGlobal("WebSocket", SilentSocket);
  vi.stubGlobal("addEventListener", () => {});
  vi.stubGlobal("removeEventListener", () => {});
  vi.stubGlobal("document", new EventTarget());
});

afterEach(async () => {
  for (const channel of channels.splice(0)) channel.close();
  for (const tab of tabs.splice(0)) if (tab.stage.value.kind === "signed-in") tab.stage.value.feed.stop();
  await storage.clear("desk");
  vi.unstubAllGlobals();
});

describe("sign-in", () => {
  it("is requested at first, and lasts over a reload", async () => {
    const app = openTab();
    await app.start();
    expect(stageOf(app)).toBe("signed-out");
    await signIn(app);
    expect(stageOf(app)).toBe("signed-in");
    const reloaded = openTab();
    await reloaded.start();
    expect(stageOf(reloaded)).toBe("signed-in");
  });

  it("is marked as temporary if the browser stores nothing", async () => {
    const app = openTab();
    await signIn(app);
    expect(app.persistent).toBe(false);
  });

  it("throws its failure and does not change the state", async () => {
    const app = openTab();
    await app.start();
    server.away = true;
    await expect(signIn(app)).rejects.toMatchObject({ name: "NetworkFailure" });
    expect(stageOf(app)).toBe("signed-out");
  });

  it("uses the key of the session that ended in this page, and a new one after signing out", async () => {
    const app = openTab();
    const { key } = await signIn(app);
    server.ended.add("token-1");
    await feedOf(app).inbox.showOlder();
    await vi.waitFor(() => expect(noticeOf(app)).toBe(words.sessionEnded));
    expect(app.knownKey).toBe(key);
    const entered = await signInWithPassword(api, "someone@example.org", "secret", app.knownKey);
    expect(entered.key).toBe(key);
    if (!("answer" in entered)) throw new Error("the server requires a code");
    await app.enter(entered);
    await app.signOut();
    expect(app.knownKey).toBe(null);
    expect((await signInWithPassword(api, "someone@example.org", "secret", app.knownKey)).key).not.toBe(key);
  });

  it("opens and stores nothing until a required second factor is set up", async () => {
    const app = openTab();
    server.onlySetsUp = true;
    const entered = await signIn(app);
    const stage = app.stage.value;
    if (stage.kind !== "setting-up") throw new Error(`the desk is ${stage.kind}`);
    await stage.call.post("/v1/desk/me/totp/begin");
    expect(server.asked.at(-1)?.token).toBe("token-1");
    const reloaded = openTab();
    await reloaded.start();
    expect(stageOf(reloaded)).toBe("signed-out");
    await app.finishSetUp(entered, Date.now() + 60_000);
    expect(stageOf(app)).toBe("signed-in");
    const after = openTab();
    await after.start();
    expect(stageOf(after)).toBe("signed-in");
  });

  it("ends the session if the set-up of a required second factor is left", async () => {
    const app = openTab();
    server.onlySetsUp = true;
    await signIn(app);
    const stage = app.stage.value;
    if (stage.kind !== "setting-up") throw new Error(`the desk is ${stage.kind}`);
    app.leaveSetUp(stage.call);
    expect(stageOf(app)).toBe("signed-out");
    await vi.waitFor(() => expect(server.asked.at(-1)).toEqual({ path: "/v1/desk/sign-out", token: "token-1" }));
  });

  it("deletes the drafts of another operator", async () => {
    const app = openTab();
    await signIn(app);
    storeDraft("a", "mine");
    const mine = { id: "1", conversation: "a", text: "mine too", at: 1, refused: "" };
    storeOutbox([mine, closing]);
    server.ended.add("token-1");
    await feedOf(app).inbox.showOlder();
    await vi.waitFor(() => expect(noticeOf(app)).toBe(words.sessionEnded));
    expect(readDraft("a")).toBe("mine");
    server.operator = "op-2";
    await signIn(app);
    expect(readDraft("a")).toBe("");
    expect(readOutbox()).toEqual([]);
  });
});

const closing = { op: "close", id: "2", conversation: "b", text: "", at: 1, refused: "" } as const;

describe("waiting replies at a sign-in", () => {
  const reply = { id: "1", conversation: "a", text: "still here", at: 1, refused: "" };

  it("are sent automatically for the operator who wrote them", async () => {
    const app = openTab();
    await signIn(app);
    storeOutbox([reply, closing]);
    server.ended.add("token-1");
    await feedOf(app).inbox.showOlder();
    await vi.waitFor(() => expect(noticeOf(app)).toBe(words.sessionEnded));
    await signIn(app);
    expect(feedOf(app).outbox.pending).toEqual([reply, closing]);
    expect([...feedOf(app).closing.value]).toEqual([["b", "2"]]);
  });

  it("wait for a decision if their author is unknown", async () => {
    storeOutbox([reply, closing]);
    const reloaded = openTab();
    await reloaded.start();
    await signIn(reloaded);
    expect(feedOf(reloaded).outbox.pending).toEqual([{ ...reply, refused: WRITE_DELAY }]);
    expect(feedOf(reloaded).closing.value.size).toBe(0);
  });

  it("are removed when they are deleted from the browser while the desk is open", async () => {
    storeOutbox([reply, closing]);
    const app = openTab();
    await signIn(app);
    expect(feedOf(app).outbox.pending).toHaveLength(1);
    storage.remove("deskOutbox", {});
    await vi.waitFor(() => expect(feedOf(app).outbox.pending).toEqual([]));
    expect(feedOf(app).closing.value.size).toBe(0);
  });
});

describe("a session that the server has ended", () => {
  it("leads to the sign-in with a notice, and every draft stays", async () => {
    const app = openTab();
    await signIn(app);
    storeDraft("a", "half a sentence");
    server.ended.add("token-1");
    await feedOf(app).inbox.showOlder();
    await vi.waitFor(() => expect(noticeOf(app)).toBe(words.sessionEnded));
    await signIn(app);
    expect(readDraft("a")).toBe("half a sentence");
  });

  it("is not restored by a reload", async () => {
    const app = openTab();
    await signIn(app);
    server.ended.add("token-1");
    await feedOf(app).inbox.showOlder();
    await vi.waitFor(() => expect(noticeOf(app)).toBe(words.sessionEnded));
    const reloaded = openTab();
    await reloaded.start();
    expect(stageOf(reloaded)).toBe("signed-out");
  });

  it("is replaced by a newer session of another tab", async () => {
    const old = openTab();
    await signIn(old);
    const other = openTab();
    await signIn(other);
    server.ended.add("token-1");
    const before = feedOf(old);
    await before.inbox.showOlder();
    await vi.waitFor(() => expect(feedOf(old)).not.toBe(before));
    expect(stageOf(other)).toBe("signed-in");
  });
});

describe("sign-out", () => {
  it("deletes this device's data and informs the server with the ended session", async () => {
    const app = openTab();
    await signIn(app);
    storeDraft("a", "half a sentence");
    await app.signOut();
    expect(noticeOf(app)).toBe(words.signedOut);
    expect(readDraft("a")).toBe("");
    expect(server.asked.at(-1)).toEqual({ path: "/v1/desk/sign-out", token: "token-1" });
    const reloaded = openTab();
    await reloaded.start();
    expect(stageOf(reloaded)).toBe("signed-out");
  });

  it("deletes this device's data without the server, and reports that", async () => {
    const app = openTab();
    await signIn(app);
    server.away = true;
    await app.signOut();
    expect(noticeOf(app)).toBe(words.signedOutHere);
    const reloaded = openTab();
    await reloaded.start();
    expect(stageOf(reloaded)).toBe("signed-out");
  });

  it("ends in two seconds when storage never responds, and reports what was not deleted", async () => {
    const app = openTab();
    await signIn(app);
    const clear = vi.spyOn(storage, "clear").mockReturnValue(new Promise(() => {}));
    vi.useFakeTimers();
    const leaving = app.signOut();
    await vi.advanceTimersByTimeAsync(2_000);
    await leaving;
    expect(noticeOf(app)).toBe(words.notAllDeleted);
    expect(server.asked.at(-1)?.path).toBe("/v1/desk/sign-out");
    vi.useRealTimers();
    clear.mockRestore();
  });

  it("reports data that the browser did not delete", async () => {
    const app = openTab();
    await signIn(app);
    const clear = vi.spyOn(storage, "clear").mockResolvedValue(false);
    await app.signOut();
    expect(noticeOf(app)).toBe(words.notAllDeleted);
    clear.mockRestore();
  });

  it("does not happen while storage does not show whether the session exists", async () => {
    const app = openTab();
    await signIn(app);
    const read = vi.spyOn(storage, "getValue").mockResolvedValue(null);
    const absent = vi.spyOn(storage, "isValueAbsent").mockResolvedValue(false);
    await app.checkKept();
    expect(stageOf(app)).toBe("signed-in");
    read.mockRestore();
    absent.mockRestore();
  });

  it("closes the stream", async () => {
    const app = openTab();
    await signIn(app);
    await vi.waitFor(() => expect(SilentSocket.open.size).toBe(1));
    await app.signOut();
    expect(SilentSocket.open.size).toBe(0);
  });

  it("applies to the other tabs at once, and so does the next sign-in", async () => {
    const one = openTab();
    await signIn(one);
    const other = openTab();
    await other.start();
    expect(stageOf(other)).toBe("signed-in");
    await one.signOut();
    await vi.waitFor(() => expect(stageOf(other)).toBe("signed-out"));
    await signIn(one);
    await vi.waitFor(() => expect(stageOf(other)).toBe("signed-in"));
  });
});
