/** Sends the frames of a stream without WebSocket: one request at a time, in order. */
import type { Api } from "../core/api";
import { type AnyClientFrame, MAX_FRAME } from "../wire/frames";

/** The API limits bodies to 64 KiB; the rest of a queue waits for the next request. */
const BODY_BYTES = MAX_FRAME - 1024;

const encoder = new TextEncoder();

export class StreamSendQueue {
  #lines: string[] = [];
  #sending = false;
  #authenticated = false;

  /**
   * @param stream the server's ID of the stream
   * @param onFailed called when a request failed: nothing is sent after that
   * @param onAuthenticated called when `auth` was delivered
   */
  constructor(
    private readonly api: Api,
    private readonly stream: string,
    private readonly signal: AbortSignal,
    private readonly onFailed: (cause: unknown) => void,
    private readonly onAuthenticated: () => void = () => undefined,
  ) {}

  add(frame: AnyClientFrame): void {
    this.#lines.push(JSON.stringify(frame));
    if (!this.#sending) void this.#sendAll();
  }

  async #sendAll(): Promise<void> {
    this.#sending = true;
    try {
      while (this.#lines.length > 0) await this.#sendSome();
    } catch (cause) {
      this.#lines = [];
      this.onFailed(cause);
    } finally {
      this.#sending = false;
    }
  }

  async #sendSome(): Promise<void> {
    await this.api.fetch("POST", "/v1/stream/send", {
      body: this.#takeBody(),
      headers: { "Crumbless-Stream": this.stream },
      // The frame `auth` contains its own proof. Later frames are signed like any request.
      signed: this.#authenticated,
      signal: this.signal,
    });
    if (this.#authenticated) return;
    this.#authenticated = true;
    this.onAuthenticated();
  }

  #takeBody(): string {
    let bytes = 0;
    let count = 0;
    for (const line of this.#lines) {
      bytes += encoder.encode(line).length + 1;
      if (count > 0 && bytes > BODY_BYTES) break;
      count += 1;
    }
    return this.#lines.splice(0, count).join("\n");
  }
}
