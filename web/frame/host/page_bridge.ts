/** The frame's end of the channel to the page that embeds it (docs/protocol.md, "Framing a site"). */

type LoaderMessage = ({ say: "shown"; focus?: boolean } | { say: "hidden" }) & { jwt?: VerifiedIdentity };
/** The token by which the page verifies its visitor; null after they signed out there, undefined before the page sent any. */
export type VerifiedIdentity = string | null | undefined;

/** The values of `crumbless.open` that the loader may store. Before the visitor writes, it may store none. */
export interface AllowedFlags {
  /** The visitor has written in this tab, or the device stores their conversation. */
  open: boolean;
  /** The device stores a conversation: the frame is loaded again on the next page. */
  minimised: boolean;
}

type FrameMessage =
  | { say: "close" }
  | { say: "unread"; badge: string; label: string }
  | ({ say: "flags" } & AllowedFlags)
  | { say: "keep" };

export class PageBridge {
  #resolve: (origin: string) => void = () => undefined;
  readonly #connected = new Promise<string>((resolve) => {
    this.#resolve = resolve;
  });
  #port: MessagePort | null = null;
  #unread = "";
  /** Whether the loader's last message asked for the focus. */
  wantsFocus = false;

  /**
   * @param origins the origins that may embed this chat
   * @param onShown called when the chat is shown or hidden, with the request for the focus and the page's visitor identity
   * @param greet sends the first message to the loader as soon as it has connected; it must send one
   */
  constructor(
    private readonly origins: readonly string[],
    private readonly onShown: (shown: boolean, focus: boolean, jwt: VerifiedIdentity) => void,
    private readonly greet: () => void,
  ) {
    addEventListener("message", (event) => this.#connect(event));
    // Opened as a separate page, the frame runs on its own origin.
    if (window.parent === window) this.#resolve(location.origin);
  }

  /** Resolve to the origin of the page around the frame once its loader has connected. */
  readonly connected = (): Promise<string> => this.#connected;

  say(words: FrameMessage, ...ports: MessagePort[]): void {
    this.#port?.postMessage(words, ports);
  }

  /** Send the number of unread messages to the launcher, if it changed. `label` is the number as a text; empty for 0. */
  unread(count: number, label: string): void {
    const unread = `${count} ${label}`;
    if (unread === this.#unread || !this.#port) return;
    this.#unread = unread;
    const badge = count > 99 ? "99+" : count ? `${count}` : "";
    this.say({ say: "unread", badge, label });
  }

  #connect(event: MessageEvent): void {
    // Any window may post messages here. Only those of the parent window count, and only from an origin of the site.
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
