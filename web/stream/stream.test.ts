import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Api } from "../core/api";
import { makeKey } from "../core/dpop";
import { readProof } from "../support/proof_read";
import type { AnyClientFrame, AnyServerFrame } from "../wire/frames";
import { type OpenTransport, Stream, type StreamOptions } from "./stream";
import { CloseCode, type TransportEvents, untilEnded } from "./stream_transport";

/** A transport that the test controls. */
interface Line {
  way: string;
  sent: AnyClientFrame[];
  events: TransportEvents;
  closed: boolean;
}

const WELCOME: AnyServerFrame = {
  op: "welcome",
  you: { kind: "visitor", id: "v", name: "" },
  limits: { text: 8000, frame: 65_536, ping: 25 },
  bound: true,
  position: 0,
  conversation: null,
  operator: null,
  second_factor_from: 0,
  complete: true,
};
const CHALLENGE: AnyServerFrame = { op: "challenge", nonce: "c1", protocol: "crumbless.v1" };

let lines: Line[];
let states: string[];
let frames: string[];
let page: EventTarget;
let stream: Stream;
let api: Api;
const ended = vi.fn();
const refused = vi.fn();
const settle = () => vi.advanceTimersByTimeAsync(0);

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  vi.spyOn(Math, "random").mockReturnValue(0.5);
  lines = [];
  states = [];
  frames = [];
  ended.mockReset();
  refused.mockReset();
  page = new EventTarget();
  vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
  vi.stubGlobal("removeEventListener", page.removeEventListener.bind(page));
  vi.stubGlobal("document", Object.assign(new EventTarget(), { visibilityState: "visible" }));
  api = new Api("https://chat.example", "n");
  api.session = { token: "t", key: null };
  const way =
    (name: string): OpenTransport =>
    (_, told) => {
      const events = untilEnded(told);
      const line: Line = { way: name, sent: [], events, closed: false };
      lines.push(line);
      return {
        send: (frame) => line.sent.push(frame),
        close: () => {
          line.closed = true;
          events.silence();
        },
      };
    };
  const options: StreamOptions = {
    api,
    after: () => 41,
    conversation: () => "c",
    onState: (state) => states.push(state),
    onFrame: (frame) => frames.push(frame.op),
    onEnded: ended,
    onRefused: refused,
    transports: { websocket: way("websocket"), http: way("http"), poll: way("poll") },
  };
  stream = new Stream(options);
});

afterEach(() => {
  stream.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const line = (): Line => {
  const last = lines[lines.length - 1];
  if (!last) throw new Error("no connection was opened");
  return last;
};

async function open(): Promise<Line> {
  line().events.frame(CHALLENGE);
  await settle();
  line().events.frame(WELCOME);
  return line();
}

describe("opening", () => {
  test("the challenge is answered with token and cursor, and the stream is open", async () => {
    stream.start();
    await open();
    expect(line().sent[0]).toEqual({ op: "auth", token: "t", proof: "", after: 41, conversation: "c" });
    expect(states).toEqual(["connecting", "open"]);
    expect(frames).toEqual(["welcome"]);
  });

  test("the challenge is signed with the session's key, as GET of the stream", async () => {
    vi.useRealTimers();
    api.session = { token: "t", key: await makeKey() };
    stream.start();
    line().events.frame(CHALLENGE);
    await vi.waitFor(() => expect(line().sent).toHaveLength(1));
    const auth = line().sent[0];
    const proof = auth?.op === "auth" ? (auth.proof ?? "") : "";
    expect(readProof(proof, 1)).toMatchObject({ htm: "GET", htu: "https://chat.example/v1/stream", nonce: "c1" });
  });

  test("nothing is sent before welcome", async () => {
    stream.start();
    line().events.frame(CHALLENGE);
    await settle();
    expect(stream.send({ op: "ping" })).toBe(false);
    expect(line().sent).toHaveLength(1);
  });
});

describe("the transport", () => {
  test("is streaming HTTP at once if a WebSocket cannot open", async () => {
    stream.start();
    line().events.ended(1006);
    expect(lines.map((one) => one.way)).toEqual(["websocket", "http"]);
    await open();
    expect(stream.state).toBe("open");
  });

  test("is long polling if streaming HTTP has no line within 4 seconds", async () => {
    stream.start();
    line().events.ended(1006);
    await vi.advanceTimersByTimeAsync(3_999);
    expect(line().way).toBe("http");
    await vi.advanceTimersByTimeAsync(1);
    expect(line().way).toBe("poll");
    expect(lines[1]?.closed).toBe(true);
  });

  test("changes if a WebSocket stays silent for 10 seconds", async () => {
    stream.start();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(line().way).toBe("http");
  });

  test("does not change if the server is unreachable", async () => {
    stream.start();
    line().events.ended(1006);
    line().events.ended(0);
    expect(stream.state).toBe("waiting");
    expect(lines).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(250);
    expect(line().way).toBe("websocket");
  });

  test("does not change after a close code of the server", async () => {
    stream.start();
    line().events.ended(1012);
    expect(stream.state).toBe("waiting");
    await vi.advanceTimersByTimeAsync(250);
    expect(lines.map((one) => one.way)).toEqual(["websocket", "websocket"]);
  });

  test("is the one that worked before, and a WebSocket is tried in the background later", async () => {
    stream.start();
    line().events.ended(1006);
    await open();
    line().events.ended(1006);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(line().way).toBe("http");
    const inUse = await open();
    for (let seconds = 0; seconds < 300; seconds += 5) {
      inUse.events.frame({ op: "pong" });
      await vi.advanceTimersByTimeAsync(5_000);
    }
    expect(line().way).toBe("websocket");
    expect(inUse.closed).toBe(false);
    line().events.frame(CHALLENGE);
    expect(inUse.closed).toBe(true);
    expect(line().way).toBe("websocket");
    await open();
    expect(stream.state).toBe("open");
  });
});

describe("reconnecting", () => {
  test("the wait grows to 30 seconds at most, and attempts never stop", async () => {
    stream.start();
    const waits: number[] = [];
    for (let attempt = 0; attempt < 12; attempt++) {
      line().events.ended(1012);
      const before = Date.now();
      const opened = lines.length;
      while (lines.length === opened) await vi.advanceTimersByTimeAsync(50);
      waits.push(Date.now() - before);
    }
    expect(waits.slice(0, 4)).toEqual([250, 500, 1_000, 2_000]);
    expect(waits.slice(-3)).toEqual([15_000, 15_000, 15_000]);
  });

  test("the wait is under half a second at the server's request, up to a limit", async () => {
    stream.start();
    const waits: number[] = [];
    for (let move = 0; move < 9; move++) {
      await open();
      line().events.ended(1012);
      const [before, opened] = [Date.now(), lines.length];
      while (lines.length === opened) await vi.advanceTimersByTimeAsync(50);
      waits.push(Date.now() - before);
    }
    expect(waits).toEqual([250, 250, 250, 250, 250, 250, 500, 1_000, 2_000]);
  });

  test("there is no wait when the browser is online again, or the tab is shown", async () => {
    stream.start();
    line().events.ended(1012);
    page.dispatchEvent(new Event("online"));
    expect(lines).toHaveLength(2);
    line().events.ended(1012);
    document.dispatchEvent(new Event("visibilitychange"));
    expect(lines).toHaveLength(3);
  });

  test("the wait is at least 30 seconds after 4429", async () => {
    stream.start();
    await open();
    line().events.ended(4429);
    await vi.advanceTimersByTimeAsync(29_999);
    expect(lines).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(lines).toHaveLength(2);
  });

  test("a gap causes a reconnect", async () => {
    stream.start();
    await open();
    stream.reconnect();
    expect(lines[0]?.closed).toBe(true);
    await vi.advanceTimersByTimeAsync(250);
    expect(lines).toHaveLength(2);
  });
});

describe("the end", () => {
  test.each([4401, 4404])("%i stops the stream and is reported", async (code) => {
    stream.start();
    await open();
    line().events.ended(code);
    expect(ended).toHaveBeenCalledOnce();
    await vi.advanceTimersByTimeAsync(120_000);
    expect(lines).toHaveLength(1);
    expect(stream.state).toBe("stopped");
  });

  test("a rejected origin stops the stream", async () => {
    stream.start();
    line().events.ended(CloseCode.originRefused);
    expect(refused).toHaveBeenCalledOnce();
    expect(stream.state).toBe("stopped");
  });

  test("a frame `end` counts as its close code", async () => {
    stream.start();
    await open();
    line().events.frame({ op: "end", code: 4401, reason: "signed out" });
    expect(ended).toHaveBeenCalledOnce();
  });

  test("after stop there are no further events", async () => {
    stream.start();
    await open();
    stream.stop();
    page.dispatchEvent(new Event("online"));
    await vi.advanceTimersByTimeAsync(120_000);
    expect(lines).toHaveLength(1);
    expect(line().closed).toBe(true);
  });
});

describe("liveness", () => {
  test("a ping is sent after 25 seconds without sending, and a response keeps the connection", async () => {
    stream.start();
    await open();
    await vi.advanceTimersByTimeAsync(25_000);
    expect(line().sent.at(-1)).toEqual({ op: "ping" });
    line().events.frame({ op: "pong" });
    await vi.advanceTimersByTimeAsync(24_000);
    expect(lines).toHaveLength(1);
    expect(frames).toEqual(["welcome"]);
  });

  test("a connection is dead without a response within 10 seconds", async () => {
    stream.start();
    await open();
    await vi.advanceTimersByTimeAsync(35_000);
    expect(line().closed).toBe(true);
    expect(stream.state).toBe("waiting");
  });

  test("sending postpones the ping", async () => {
    stream.start();
    await open();
    await vi.advanceTimersByTimeAsync(20_000);
    stream.send({ op: "typing", conversation: "c", on: true });
    await vi.advanceTimersByTimeAsync(20_000);
    expect(line().sent.filter((frame) => frame.op === "ping")).toHaveLength(0);
  });

  test("a shown tab pings at once", async () => {
    stream.start();
    await open();
    document.dispatchEvent(new Event("visibilitychange"));
    expect(line().sent.at(-1)).toEqual({ op: "ping" });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(stream.state).toBe("waiting");
  });
});
