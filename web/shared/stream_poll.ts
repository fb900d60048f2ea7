/** The stream over long polls, for networks that hold back a streaming answer. */
import { type Api, NetworkFailure } from "./api";
import { codeOf } from "./stream_http";
import { StreamSendQueue } from "./stream_send_queue";
import { type Transport, type TransportEvents, untilEnded } from "./stream_transport";
import type { AnyServerFrame } from "./wire";

/** The server answers a poll after 25 seconds at the latest. */
const POLL_DEADLINE_MS = 40_000;
/** A lost answer is asked for again this often before the stream counts as lost. */
const REPEATS = 2;

interface Batch {
  stream: string;
  batch: number;
  frames: AnyServerFrame[];
}

/** Opens the stream as `POST /v1/stream/open` with mode `poll`. */
export function openPoll(api: Api, told: TransportEvents): Transport {
  const events = untilEnded(told);
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
      // The same number gets the same batch, so asking again loses nothing.
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
    // Polls are signed, so the first one has to wait until `auth` was delivered.
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
