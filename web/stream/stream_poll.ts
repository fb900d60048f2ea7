/** The stream over long polling, for networks that buffer a streaming response. */
import { type Api, NetworkFailure } from "../core/api";
import type { AnyServerFrame } from "../wire/frames";
import { codeOf } from "./stream_http";
import { StreamSendQueue } from "./stream_send_queue";
import { type Transport, type TransportEvents, untilEnded } from "./stream_transport";

/** The server responds to a poll after 25 seconds at the latest. */
const POLL_DEADLINE_MS = 40_000;
/** A lost response is requested again up to this often before the stream counts as lost. */
const REPEATS = 2;

interface Batch {
  stream: string;
  batch: number;
  frames: AnyServerFrame[];
}

/** Open the stream as `POST /v1/stream/open` with mode `poll`. */
export function openPoll(api: Api, target: TransportEvents): Transport {
  const events = untilEnded(target);
  const abort = new AbortController();
  const fail = (cause: unknown) => {
    events.ended(codeOf(cause));
    abort.abort();
  };
  let queue: StreamSendQueue | null = null;

  const pollOnce = async (stream: string, after: number, repeats = REPEATS): Promise<Batch> => {
    try {
      return await api.post<Batch>(
        "/v1/stream/poll",
        { after },
        {
          headers: { "Crumbless-Stream": stream },
          signal: abort.signal,
          deadline: POLL_DEADLINE_MS,
        },
      );
    } catch (cause) {
      // The same number returns the same batch, so that a repeat loses nothing.
      if (cause instanceof NetworkFailure && repeats > 0 && !events.over) return pollOnce(stream, after, repeats - 1);
      throw cause;
    }
  };

  const pollOn = async (stream: string, first: number) => {
    for (let after = first; !events.over; ) {
      const batch = await pollOnce(stream, after);
      after = batch.batch;
      for (const frame of batch.frames) events.frame(frame);
    }
  };

  const open = async () => {
    const opened = await api.post<Batch>("/v1/stream/open", { mode: "poll" }, { signed: false });
    // Polls are signed, so the first one waits until `auth` was delivered.
    const startPolling = () => void pollOn(opened.stream, opened.batch).catch(fail);
    queue = new StreamSendQueue(api, opened.stream, abort.signal, fail, startPolling);
    for (const frame of opened.frames) events.frame(frame);
  };

  open().catch(fail);
  return {
    send: (frame) => queue?.add(frame),
    close: () => {
      events.silence();
      abort.abort();
    },
  };
}
