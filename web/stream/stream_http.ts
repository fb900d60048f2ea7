/** The stream over one long HTTP response, one frame per line. */
import { type Api, ApiProblem, NetworkFailure } from "../core/api";
import { StreamSendQueue } from "./stream_send_queue";
import { CloseCode, parseFrame, type Transport, type TransportEvents, untilEnded } from "./stream_transport";

/** Return the close code for a failed request. */
export function codeOf(cause: unknown): number {
  if (cause instanceof NetworkFailure) return CloseCode.unreachable;
  if (!(cause instanceof ApiProblem)) return CloseCode.lost;
  if (cause.code === "invalid_token") return CloseCode.sessionEnded;
  if (cause.code === "foreign_origin") return CloseCode.originRefused;
  return cause.code === "slow_down" ? CloseCode.tooMuch : CloseCode.lost;
}

/** Open the stream as `POST /v1/stream/open` with mode `stream`. */
export function openHttpStream(api: Api, target: TransportEvents): Transport {
  const events = untilEnded(target);
  const abort = new AbortController();
  const fail = (cause: unknown) => {
    events.ended(codeOf(cause));
    abort.abort();
  };
  let queue: StreamSendQueue | null = null;
  const read = async () => {
    const answer = await api.fetch("POST", "/v1/stream/open", {
      body: { mode: "stream" },
      signed: false,
      signal: abort.signal,
      deadline: 0,
    });
    queue = new StreamSendQueue(api, answer.headers.get("Crumbless-Stream") ?? "", abort.signal, fail);
    await readLines(answer, (line) => {
      const frame = parseFrame(line);
      if (frame) events.frame(frame);
    });
    events.ended(CloseCode.lost);
  };
  read().catch(fail);
  return {
    send: (frame) => queue?.add(frame),
    close: () => {
      events.silence();
      abort.abort();
    },
  };
}

async function readLines(answer: Response, onLine: (line: string) => void): Promise<void> {
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    const lines = (rest + part.value).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line) onLine(line);
  }
}
