/** Tests the connection between this browser and the server: opens the stream with each transport, and sends single requests. */
import { Api } from "../../core/api";
import { openHttpStream } from "../../stream/stream_http";
import { openPoll } from "../../stream/stream_poll";
import type { Transport, TransportEvents } from "../../stream/stream_transport";
import { openWebSocket } from "../../stream/stream_websocket";
import type { ConnectionCheckResponse } from "../../wire/operation_wire";

/** The checks, in the order in which they are shown. */
export const CHECKS = ["server", "address", "proxy", "cache", "body", "clock", "websocket", "stream", "poll"] as const;
export type CheckName = (typeof CHECKS)[number];
/** `warn`: it works, but could be better. */
export type CheckState = "good" | "warn" | "bad";

export interface Finding {
  readonly state: CheckState;
  /** How long the check took, if that is informative. */
  readonly milliseconds?: number;
}

/** A check is missing until it has run. If the server is unreachable, only that result is present. */
export type Findings = Partial<Record<CheckName, Finding>>;

/** Time limit for each transport. A proxy that buffers responses delays them for longer. */
const PATIENCE_MS = 6_000;
/** Two clocks may differ by this much before the displayed times are noticeably wrong. */
const CLOCK_MS = 30_000;
/** Almost the largest body that the API accepts. */
const BODY = "x".repeat(63 * 1024);
/** The close code for a first frame that is not `auth`. */
const NO_AUTH = 4400;

type Open = (api: Api, events: TransportEvents) => Transport;
const TRANSPORTS: Record<"websocket" | "stream" | "poll", Open> = {
  websocket: (api, events) => openWebSocket(api.address("/v1/stream"), events),
  stream: openHttpStream,
  poll: openPoll,
};

const good: Finding = { state: "good" };
const bad: Finding = { state: "bad" };

/**
 * Run all checks and report the results after each. No session is created and nothing is stored.
 *
 * @param origin the address by which this page was opened
 */
export async function runConnectionCheck(origin: string, report: (findings: Findings) => void): Promise<void> {
  const api = new Api(origin, "");
  let findings: Findings = {};
  const add = (more: Findings) => {
    findings = { ...findings, ...more };
    report(findings);
  };
  const first = await askServer(api);
  add({ server: first ? { state: "good", milliseconds: first.milliseconds } : bad });
  if (!first) return;
  add({
    address: first.response.address === origin ? good : bad,
    proxy: first.response.forwarded === first.response.trusted ? good : { state: "warn" },
    clock: Math.abs(first.ahead) <= CLOCK_MS ? good : { state: "warn" },
  });
  const again = await askServer(api);
  add({ cache: again && again.response.draw !== first.response.draw ? good : bad });
  add({ body: await sendBody(api) });
  const ways = Object.entries(TRANSPORTS) as ["websocket" | "stream" | "poll", Open][];
  const tried = await Promise.all(ways.map(async ([name, open]) => [name, await tryTransport(api, open)] as const));
  add(judgeTransports(Object.fromEntries(tried)));
}

/** Judge the transports. One that fails is acceptable while another works, because the chat then uses that one. */
export function judgeTransports(took: Record<string, number | null>): Findings {
  const none = Object.values(took).every((duration) => duration === null);
  const judge = (milliseconds: number | null): Finding =>
    milliseconds === null ? { state: none ? "bad" : "warn" } : { state: "good", milliseconds };
  return Object.fromEntries(Object.entries(took).map(([name, duration]) => [name, judge(duration)]));
}

/** Return the worst state. */
export function worstOf(findings: Findings): CheckState {
  const states = Object.values(findings).map((finding) => finding.state);
  return (["bad", "warn"] as const).find((state) => states.includes(state)) ?? "good";
}

async function askServer(api: Api) {
  const began = Date.now();
  try {
    const response = await api.get<ConnectionCheckResponse>("/v1/check");
    const milliseconds = Date.now() - began;
    return { response, milliseconds, ahead: response.at - began - milliseconds / 2 };
  } catch {
    return null;
  }
}

async function sendBody(api: Api): Promise<Finding> {
  try {
    return (await api.post<ConnectionCheckResponse>("/v1/check", BODY)).bytes === BODY.length ? good : bad;
  } catch {
    return bad;
  }
}

/** Return the milliseconds until the first frame. Null if it, or the response to our own frame, did not arrive in time. */
function tryTransport(api: Api, open: Open): Promise<number | null> {
  return new Promise((settle) => {
    const began = performance.now();
    let took: number | null = null;
    const end = (result: number | null) => {
      clearTimeout(patience);
      way.close();
      settle(result);
    };
    const patience = setTimeout(() => end(null), PATIENCE_MS);
    const way = open(api, {
      frame: () => {
        took ??= Math.round(performance.now() - began);
        way.send({ op: "ping" });
      },
      ended: (code) => end(code === NO_AUTH ? took : null),
    });
  });
}
