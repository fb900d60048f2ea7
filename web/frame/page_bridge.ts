/** The frame's end of the line to the page that embeds it (docs/protocol.md, "Framing a site"). */

type LoaderMessage = ({ say: "shown"; focus?: boolean } | { say: "hidden" }) & { jwt?: VerifiedIdentity };
/** A token by which the page verifies its visitor; null once they signed out there, undefined while it has said nothing. */
export type VerifiedIdentity = string | null | undefined;

type FrameMessage =
  | { say: "close" }
  | { say: "unread"; count: number }
  | { say: "started" }
  | { say: "ended" }
  | { say: "keep" };

export class PageBridge {
  #resolve: (origin: string) => void = () => undefined;
  readonly #connected = new Promise<string>((resolve) => {
    this.#resolve = resolve;
  });
  #port: MessagePort | null = null;
  #unread = -1;
  /** Whether the loader's last word asked for the focus. */
  wantsFocus = false;

  /**
   * @param origins those that may embed this chat
   * @param onShown told when the chat is shown or hidden, whether the focus should come here, and what the page says of
   *   its visitor
   * @param greet what to tell the loader as soon as it has connected; it must say something
   */
  constructor(
    private readonly origins: readonly string[],
    private readonly onShown: (shown: boolean, focus: boolean, jwt: VerifiedIdentity) => void,
    private readonly greet: () => void,
  ) {
    addEventListener("message", (event) => this.#connect(event));
    // Opened as a page of its own, it stands on its own origin.
    if (window.parent === window) this.#resolve(location.origin);
  }

  /** Resolves to the origin of the page around us once its loader has connected. */
  readonly connected = (): Promise<string> => this.#connected;

  say(words: FrameMessage, ...ports: MessagePort[]): void {
    this.#port?.postMessage(words, ports);
  }

  /** Tells the loader the number for its badge, when it changed. */
  unread(count: number): void {
    if (count === this.#unread || !this.#port) return;
    this.#unread = count;
    this.say({ say: "unread", count });
  }

  #connect(event: MessageEvent): void {
    // Any window may post here: only the one around us counts, and only from an origin of the site.
    if (event.source !== window.parent || window.parent === window) return;
    if (!this.origins.includes(event.origin) || event.data?.crumbless !== "connect") return;
    const port = event.ports[0];
    if (!port || this.#port) return;
    this.#resolve(event.origin);
    this.#port = port;
    port.onmessage = (message: MessageEvent<LoaderMessage>) => {
      const says = message.data;
      this.wantsFocus = says.say === "shown" && says.focus !== false;
      this.onShown(says.say === "shown", this.wantsFocus, says.jwt);
    };
    this.greet();
  }
}
