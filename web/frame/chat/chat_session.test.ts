import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Api, ApiProblem, NetworkFailure } from "../../core/api";
import type { ShownMessage } from "../../messages/message_log";
import type { PendingCommand } from "../../messages/pending_command";
import type { StreamOptions } from "../../stream/stream";
import type { StartRequest } from "../../wire/conversation_wire";
import type { AnyClientFrame, Welcome } from "../../wire/frames";
import type { AuthorKind, Entry } from "../../wire/timeline";
import { Chat } from "./chat_session";
import type { ChatKey, ChatStorage } from "./chat_storage";

let line: StreamOptions;
let sent: AnyClientFrame[];
let online: boolean;
let started: number;
let reconnected: number;
let asked: StartRequest[];
let answers: (() => unknown)[];
let kept: ChatKey | null;
let deleteSession: () => void;
let forgotten: number;
let saved: PendingCommand[];
let running: boolean[];
let page: EventTarget;
let session: Chat;

const entry = (seq: number, id: string, kind: AuthorKind = "visitor", text = id): Entry => ({
  conversation: "c",
  id,
  seq,
  at: 1_000 * seq,
  kind: "message",
  author: kind === "operator" ? { kind, name: "Ann" } : { kind },
  data: { text },
});
const welcome = (visitorSeen = 0): Welcome => ({
  op: "welcome",
  you: { kind: "visitor", id: "v", name: "" },
  limits: { text: 8_000, frame: 65_536, ping: 25 },
  bound: true,
  position: 0,
  conversation: { id: "c", status: "open", last_seq: 0, seen: { visitor: visitorSeen, operator: 0 } },
  operator: null,
  second_factor_from: 0,
  complete: true,
});
const accepted = () => {
  const request = asked.at(-1);
  return {
    token: "t",
    expires_at: Date.now() + 86_400_000,
    bound: true,
    visitor: "v",
    conversation: "c",
    entry: entry(1, request?.id ?? "", "visitor", request?.text),
  };
};
const texts = () => session.items.map((item) => (item.kind === "message" ? `${item.text}: ${item.state}` : item.kind));
const until = (check: () => void) => vi.waitFor(check, { interval: 1 });

function makeSession(storedPending: PendingCommand[] = []): Chat {
  const api = new Api("https://chat.example", "n");
  vi.spyOn(api, "post").mockImplementation(async (_, body) => {
    asked.push(body as StartRequest);
    return (answers.shift() ?? accepted)();
  });
  return new Chat({
    site: "shop",
    api,
    storage: {
      keeping: "tab",
      load: async () => kept,
      save: async (chat: ChatKey) => {
        kept = chat;
      },
      forget: async () => {
        forgotten += 1;
        kept = null;
      },
      keptUntil: () => null,
      watch: (_: ChatKey, onGone: () => void) => {
        deleteSession = onGone;
        return () => {
          deleteSession = () => undefined;
        };
      },
    } as unknown as ChatStorage,
    kept: storedPending,
    savePending: (pending) => {
      saved = pending;
    },
    pageOrigin: async () => "https://shop.example",
    onStored: (now) => running.push(now),
    onChange: () => undefined,
    openStream: (options) => {
      line = options;
      return {
        start: () => {
          started += 1;
        },
        stop: () => undefined,
        send: (frame) => {
          if (online) sent.push(frame);
          return online;
        },
        reconnect: () => {
          reconnected += 1;
        },
      };
    },
  });
}

function open(visitorSeen = 0): void {
  online = true;
  line.onState("open");
  line.onFrame(welcome(visitorSeen));
}

async function begun(): Promise<void> {
  session.send("hello");
  await until(() => expect(started).toBe(1));
  open();
}

beforeEach(() => {
  sent = [];
  online = false;
  started = 0;
  reconnected = 0;
  asked = [];
  answers = [];
  kept = null;
  forgotten = 0;
  saved = [];
  running = [];
  page = new EventTarget();
  vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
  vi.stubGlobal("removeEventListener", page.removeEventListener.bind(page));
  vi.stubGlobal("document", Object.assign(new EventTarget(), { visibilityState: "visible" }));
  session = makeSession();
});

afterEach(() => {
  session.outbox.pause();
  vi.unstubAllGlobals();
});

describe("the first message", () => {
  test("starts the session, and is then shown as sent", async () => {
    session.send("hello");
    expect(texts()).toEqual(["hello: sending"]);
    await until(() => expect(started).toBe(1));
    expect(asked).toMatchObject([{ site: "shop", text: "hello", page_origin: "https://shop.example" }]);
    expect(texts()).toEqual(["hello: sent"]);
    expect(saved).toEqual([]);
    expect(running).toEqual([true]);
    expect(kept).toMatchObject({ token: "t", conversation: "c", visitor: "v" });
    expect(line.after()).toBe(1);
  });

  test("keeps its key and ID over failed attempts, and is shown as waiting", async () => {
    answers = [
      () => {
        throw new NetworkFailure("offline");
      },
    ];
    session.send("hello");
    await until(() => expect(session.state).toBe("waiting"));
    expect(session.away).toBe(true);
    expect(texts()).toEqual(["hello: waiting"]);
    const before = kept;
    expect(before).toMatchObject({ token: "", keyId: expect.any(String) });
    page.dispatchEvent(new Event("online"));
    await until(() => expect(started).toBe(1));
    expect(asked[1]?.id).toBe(asked[0]?.id);
    expect(kept?.keyId).toBe(before?.keyId);
  });

  test("is sent automatically with the same key after a reload", async () => {
    const message = { id: "id1", conversation: "", text: "hello", at: 1, refused: "" };
    kept = { token: "", expiresAt: 0, visitor: "", conversation: "", keyId: "k", key: null };
    session = makeSession([message]);
    await session.restore();
    await until(() => expect(started).toBe(1));
    expect(asked).toMatchObject([{ id: "id1", text: "hello" }]);
    expect(kept?.keyId).toBe("k");
  });

  test("of a conversation whose session is lost starts a new one with its text", async () => {
    session = makeSession([{ id: "id1", conversation: "lost", text: "hello", at: 1, refused: "" }]);
    await session.restore();
    await until(() => expect(started).toBe(1));
    expect(asked).toMatchObject([{ id: "id1", text: "hello" }]);
  });

  test("joins the chat that another tab has stored on the device since this page was loaded", async () => {
    await session.restore();
    kept = { token: "t", expiresAt: Date.now() + 1_000, visitor: "v", conversation: "c", keyId: "k", key: null };
    session.send("hello");
    await until(() => expect(started).toBe(1));
    open();
    expect(sent).toMatchObject([{ op: "send", conversation: "c", text: "hello" }]);
    expect(asked).toEqual([]);
    expect(kept.keyId).toBe("k");
  });

  test("joins the device's chat if it was sent while that was being read", async () => {
    kept = { token: "t", expiresAt: Date.now() + 1_000, visitor: "v", conversation: "c", keyId: "k", key: null };
    const restored = session.restore();
    session.send("hello");
    await restored;
    await until(() => expect(session.state).toBe("connecting"));
    open();
    expect(sent).toMatchObject([{ op: "send", conversation: "c", text: "hello" }]);
    expect(asked).toEqual([]);
  });

  test("keeps its text and the reason after a permanent rejection", async () => {
    answers = [
      () => {
        throw new ApiProblem("foreign_origin", "no", "", 403, 0);
      },
    ];
    session.send("hello");
    await until(() => expect(session.refusedSite).toBe(true));
    expect(texts()).toEqual(["hello: refused"]);
    expect(saved).toMatchObject([{ text: "hello", refused: "foreign_origin" }]);
    expect(session.state).toBe("idle");
    session.retry(asked[0]?.id ?? "");
    await until(() => expect(started).toBe(1));
    expect(session.refusedSite).toBe(false);
  });

  test("is followed in order by messages that were written in the meantime", async () => {
    session.send("one");
    session.send("two");
    await until(() => expect(started).toBe(1));
    expect(asked).toHaveLength(1);
    open();
    expect(sent).toMatchObject([{ op: "send", conversation: "c", text: "two" }]);
  });
});

describe("the thread", () => {
  test("contains each entry of the server once", async () => {
    await begun();
    line.onFrame({ op: "entries", entries: [entry(1, "x"), entry(2, "answer", "operator")] });
    line.onFrame({ op: "entries", entries: [entry(2, "answer", "operator")] });
    // A message of the operator means that they have read the thread.
    expect(texts()).toEqual(["hello: seen", "answer: null"]);
  });

  test("reconnects from the cursor after a gap", async () => {
    await begun();
    line.onFrame({ op: "entries", entries: [entry(5, "late", "operator")] });
    expect(reconnected).toBe(1);
    expect(line.after()).toBe(1);
  });

  test("shows one bubble for a message, from sending to seen", async () => {
    await begun();
    session.send("second");
    const id = (session.items[1] as ShownMessage).id;
    expect(texts()[1]).toBe("second: sending");
    line.onFrame({ op: "ack", id, conversation: "c", seq: 2, at: 5 });
    expect(texts()[1]).toBe("second: sent");
    line.onFrame({ op: "entries", entries: [entry(2, id, "visitor", "second")] });
    line.onFrame({ op: "seen", conversation: "c", by: "operator", seq: 2 });
    expect(texts()).toEqual(["hello: seen", "second: seen"]);
    expect(session.items[1]?.id).toBe(id);
    expect(saved).toEqual([]);
  });

  test("waits for missing entries after an early acknowledgement", async () => {
    await begun();
    session.send("second");
    const id = (session.items[1] as ShownMessage).id;
    line.onFrame({ op: "ack", id, conversation: "c", seq: 3, at: 5 });
    expect(texts()).toEqual(["hello: sent", "second: sending"]);
    line.onFrame({ op: "entries", entries: [entry(2, "between", "operator"), entry(3, id, "visitor", "second")] });
    expect(texts()).toEqual(["hello: seen", "between: null", "second: sent"]);
  });

  test("shows waiting messages when the connection is lost, and sends them when it is back", async () => {
    await begun();
    online = false;
    line.onState("waiting");
    session.send("later");
    expect(texts()[1]).toBe("later: waiting");
    line.onState("connecting");
    expect(session.away).toBe(true);
    open();
    expect(session.away).toBe(false);
    expect(sent).toMatchObject([{ op: "send", text: "later" }]);
  });
});

describe("seen marks and typing", () => {
  test("a seen mark is sent once while the chat is watched, and again after a new message", async () => {
    await begun();
    line.onFrame({ op: "entries", entries: [entry(2, "answer", "operator")] });
    expect(session.unread).toBe(1);
    session.watched(true);
    session.watched(true);
    expect(sent).toEqual([{ op: "seen", conversation: "c", seq: 2 }]);
    expect(session.unread).toBe(0);
    line.onFrame({ op: "entries", entries: [entry(3, "more", "operator")] });
    expect(sent.at(-1)).toEqual({ op: "seen", conversation: "c", seq: 3 });
  });

  test("a seen mark that did not reach the server is sent again", async () => {
    await begun();
    session.watched(true);
    line.onFrame({ op: "entries", entries: [entry(2, "answer", "operator")] });
    const before = sent.length;
    open(1);
    expect(sent.slice(before)).toContainEqual({ op: "seen", conversation: "c", seq: 2 });
  });

  test("the operator's typing is shown until their message arrives", async () => {
    await begun();
    line.onFrame({ op: "typing", conversation: "c", by: { kind: "operator", name: "Ann" }, on: true });
    expect(session.typing?.name).toBe("Ann");
    line.onFrame({ op: "entries", entries: [entry(2, "answer", "operator")] });
    expect(session.typing).toBeNull();
  });
});

describe("an ended session", () => {
  test("is deleted; its thread and unsent texts stay, and the next message starts a new one", async () => {
    await begun();
    online = false;
    line.onState("waiting");
    session.send("unsent");
    line.onEnded();
    expect(session.ended).toBe(true);
    expect(forgotten).toBe(1);
    expect(running).toEqual([true, false]);
    expect(texts()).toEqual(["hello: sent", "unsent: refused"]);
    const id = (session.items[1] as ShownMessage).id;
    session.retry(id);
    await until(() => expect(started).toBe(2));
    expect(asked.at(-1)).toMatchObject({ id, text: "unsent" });
    expect(texts()).toEqual(["unsent: sent"]);
    expect(session.ended).toBe(false);
  });
});

describe("a session that the visitor deletes", () => {
  test("is left at once, and the next message starts as a new visitor", async () => {
    session = makeSession();
    session.send("Hello");
    await until(() => expect(session.running).toBe(true));
    deleteSession();
    expect(session.running).toBe(false);
    expect(session.ended).toBe(false);
    expect(texts()).toEqual([]);
    kept = null;
    session.send("Anew");
    await until(() => expect(asked).toHaveLength(2));
    await until(() => expect(session.running).toBe(true));
  });

  test("takes its unsent messages with it if it was erased", async () => {
    session = makeSession();
    session.send("Hello");
    await until(() => expect(session.running).toBe(true));
    session.send("Not sent yet");
    expect(session.outbox.pending).toHaveLength(1);
    await session.erased();
    expect([texts(), saved]).toEqual([[], []]);
    expect(forgotten).toBe(1);
    expect(session.running).toBe(false);
  });
});

describe("the page's consent", () => {
  const told = () =>
    asked.filter((request) => "receipt" in request) as unknown as { receipt: string | null; conversation: string }[];

  test("is sent with the start, and again with every connection and change", async () => {
    session.consentChanged("R1");
    session.send("Hello");
    await until(() => expect(started).toBe(1));
    expect(asked[0]?.consent).toBe("R1");
    line.onState("open");
    line.onFrame(welcome());
    expect(told()).toEqual([{ receipt: "R1", conversation: "c" }]);
    session.consentChanged(null);
    expect(told().map(({ receipt }) => receipt)).toEqual(["R1", null]);
    line.onFrame(welcome());
    expect(told()).toHaveLength(2);
  });

  test("is not sent before there is a conversation", () => {
    session.consentChanged("R1");
    expect(asked).toEqual([]);
  });
});
