import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Api } from "../core/api";
import { openHttpStream } from "./stream_http";
import { openPoll } from "./stream_poll";
import { CloseCode } from "./stream_transport";
import { openWebSocket } from "./stream_websocket";

const fetched = vi.fn<(address: string, init: RequestInit) => Promise<Response>>();
const frames: string[] = [];
const ends: number[] = [];
const events = {
  frame: (frame: { op: string }) => frames.push(frame.op),
  ended: (code: number) => ends.push(code),
};
let api: Api;

beforeEach(() => {
  fetched.mockReset();
  frames.length = 0;
  ends.length = 0;
  vi.stubGlobal("fetch", fetched);
  api = new Api("https://chat.example", "n");
  api.session = { token: "t", key: null };
});

afterEach(() => {
  vi.unstubAllGlobals();
});

const CHALLENGE = '{"op":"challenge","nonce":"c","protocol":"crumbless.v1"}';
const headersOf = (init: RequestInit) => init.headers as Record<string, string>;
const until = (test: () => void) => vi.waitFor(test, { interval: 1 });

function problem(code: string, status: number): Response {
  return new Response(JSON.stringify({ type: `urn:crumbless:problem:${code}`, title: "", status }), { status });
}

describe("streaming HTTP", () => {
  let write: (text: string) => void;
  let end: () => void;

  function streamingAnswer(): Response {
    const encoder = new TextEncoder();
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        write = (text) => controller.enqueue(encoder.encode(text));
        end = () => controller.close();
      },
    });
    return new Response(body, { headers: { "Crumbless-Stream": "s1" } });
  }

  test("reads one frame per line, however the bytes are split, and skips empty lines", async () => {
    fetched.mockResolvedValue(streamingAnswer());
    openHttpStream(api, events);
    await until(() => expect(fetched).toHaveBeenCalledOnce());
    write(CHALLENGE.slice(0, 20));
    write(`${CHALLENGE.slice(20)}\n\n\n{"op":"pong"}\n`);
    await until(() => expect(frames).toEqual(["challenge", "pong"]));
  });

  test("sends one request at a time, in order, and combines waiting frames", async () => {
    let release: (answer: Response) => void = () => undefined;
    fetched.mockResolvedValueOnce(streamingAnswer());
    const line = openHttpStream(api, events);
    await until(() => expect(fetched).toHaveBeenCalledOnce());
    write(`${CHALLENGE}\n`);
    await until(() => expect(frames).toHaveLength(1));
    fetched.mockImplementationOnce(() => new Promise((resolve) => (release = resolve)));
    fetched.mockResolvedValue(new Response(null, { status: 204 }));
    line.send({ op: "auth", token: "t", proof: "" });
    line.send({ op: "ping" });
    line.send({ op: "seen", conversation: "c", seq: 1 });
    await until(() => expect(fetched).toHaveBeenCalledTimes(2));
    const [, auth] = fetched.mock.calls[1] ?? ["", {}];
    expect(headersOf(auth)["Crumbless-Stream"]).toBe("s1");
    expect(headersOf(auth)).not.toHaveProperty("Authorization");
    release(new Response(null, { status: 204 }));
    await until(() => expect(fetched).toHaveBeenCalledTimes(3));
    const [, rest] = fetched.mock.calls[2] ?? ["", {}];
    expect(rest.body).toBe('{"op":"ping"}\n{"op":"seen","conversation":"c","seq":1}');
    expect(headersOf(rest).Authorization).toBe("Bearer t");
  });

  test("is lost if it ends without a frame, and a frame `end` is its code", async () => {
    fetched.mockImplementation(async () => streamingAnswer());
    openHttpStream(api, events);
    await until(() => expect(fetched).toHaveBeenCalledOnce());
    end();
    await until(() => expect(ends).toEqual([CloseCode.lost]));
    openHttpStream(api, events);
    await until(() => expect(fetched).toHaveBeenCalledTimes(2));
    write('{"op":"end","code":4401,"reason":""}\n');
    await until(() => expect(ends).toEqual([CloseCode.lost, 4401]));
  });

  test.each([
    ["no response", () => Promise.reject(new TypeError("Failed to fetch")), CloseCode.unreachable],
    ["a foreign origin", async () => problem("foreign_origin", 403), CloseCode.originRefused],
    ["an internal error", async () => problem("internal", 500), CloseCode.lost],
    ["too many streams", async () => problem("slow_down", 429), CloseCode.tooMuch],
  ])("%s closes the stream with a separate code", async (_, answer, code) => {
    fetched.mockImplementation(answer);
    openHttpStream(api, events);
    await until(() => expect(ends).toEqual([code]));
  });

  test("sends no event after it was closed", async () => {
    fetched.mockResolvedValue(streamingAnswer());
    const line = openHttpStream(api, events);
    await until(() => expect(fetched).toHaveBeenCalledOnce());
    line.close();
    write(`${CHALLENGE}\n`);
    expect(fetched.mock.calls[0]?.[1].signal?.aborted).toBe(true);
    await new Promise((resolve) => setTimeout(resolve));
    expect([frames, ends]).toEqual([[], []]);
  });
});

describe("long polling", () => {
  const batch = (number: number, ...texts: string[]) =>
    new Response(`{"stream":"s1","batch":${number},"frames":[${texts.join()}]}`);

  /** Respond by path; a poll without a response stays open. */
  function serve(polls: (Response | Error)[]): { asked: unknown[] } {
    const asked: unknown[] = [];
    fetched.mockImplementation(async (address, init) => {
      if (address.endsWith("/open")) return batch(1, CHALLENGE);
      if (address.endsWith("/send")) return new Response(null, { status: 204 });
      asked.push(JSON.parse(String(init.body)));
      const next = polls.shift();
      if (next instanceof Error) throw next;
      return next ?? new Promise<Response>(() => undefined);
    });
    return { asked };
  }

  test("polls from the first batch on, once `auth` was delivered", async () => {
    const { asked } = serve([batch(2, '{"op":"pong"}'), batch(3)]);
    const line = openPoll(api, events);
    await until(() => expect(frames).toEqual(["challenge"]));
    expect(asked).toEqual([]);
    line.send({ op: "auth", token: "t", proof: "" });
    await until(() => expect(asked).toEqual([{ after: 1 }, { after: 2 }, { after: 3 }]));
    expect(frames).toEqual(["challenge", "pong"]);
    const poll = fetched.mock.calls.find(([address]) => address.endsWith("/poll"));
    expect(headersOf(poll?.[1] ?? {})).toMatchObject({ "Crumbless-Stream": "s1", Authorization: "Bearer t" });
  });

  test("requests a lost response again, with the same number", async () => {
    const { asked } = serve([new TypeError("lost"), batch(2, '{"op":"pong"}')]);
    const line = openPoll(api, events);
    await until(() => expect(frames).toHaveLength(1));
    line.send({ op: "auth", token: "t", proof: "" });
    await until(() => expect(asked).toEqual([{ after: 1 }, { after: 1 }, { after: 2 }]));
    expect(ends).toEqual([]);
  });

  test.each([
    ["a missing stream", problem("stream_gone", 410), CloseCode.lost],
    ["an ended session", problem("invalid_token", 401), CloseCode.sessionEnded],
  ])("%s closes the stream", async (_, answer, code) => {
    serve([answer]);
    const line = openPoll(api, events);
    await until(() => expect(frames).toHaveLength(1));
    line.send({ op: "auth", token: "t", proof: "" });
    await until(() => expect(ends).toEqual([code]));
  });
});

describe("WebSocket", () => {
  class FakeSocket {
    static readonly OPEN = 1;
    static made: FakeSocket[] = [];
    readyState = 1;
    sent: string[] = [];
    onmessage: (message: { data: unknown }) => void = () => undefined;
    onclose: (close: { code: number }) => void = () => undefined;
    constructor(
      readonly address: string,
      readonly protocol: string,
    ) {
      FakeSocket.made.push(this);
    }
    send(text: string) {
      this.sent.push(text);
    }
    close() {
      this.readyState = 3;
    }
  }

  test("uses crumbless.v1 at the stream's address, with one frame per message", () => {
    vi.stubGlobal("WebSocket", FakeSocket);
    const line = openWebSocket("https://chat.example/v1/stream", events);
    const socket = FakeSocket.made.at(-1);
    expect([socket?.address, socket?.protocol]).toEqual(["wss://chat.example/v1/stream", "crumbless.v1"]);
    socket?.onmessage({ data: CHALLENGE });
    socket?.onmessage({ data: "not a frame" });
    socket?.onmessage({ data: new ArrayBuffer(2) });
    line.send({ op: "ping" });
    expect(frames).toEqual(["challenge"]);
    expect(socket?.sent).toEqual(['{"op":"ping"}']);
    socket?.onclose({ code: 4401 });
    socket?.onclose({ code: 1006 });
    expect(ends).toEqual([4401]);
  });

  test("that a policy forbids ends at once", async () => {
    vi.stubGlobal(
      "WebSocket",
      class {
        constructor() {
          throw new DOMException("blocked", "SecurityError");
        }
      },
    );
    openWebSocket("https://chat.example/v1/stream", events);
    expect(ends).toEqual([]);
    await until(() => expect(ends).toEqual([CloseCode.lost]));
  });
});
