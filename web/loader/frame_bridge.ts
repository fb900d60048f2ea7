/** The line between page and frame: a MessageChannel, offered to exactly the Crumbless origin (docs/protocol.md, "Framing"). */

/** What the frame says; its first words are those it greets with. */
export type FrameSays =
  | { say: "close" }
  | { say: "unread"; count: number }
  | { say: "started" }
  | { say: "ended" }
  | { say: "keep" };

/** Tells the frame whether it is visible, and whether the focus should move into it. */
export type ShowFrame = (shown: boolean, focus: boolean) => void;

/** Loads the frame, which stands at `path` of the Crumbless origin, into `panel`, in place of one that was there. */
export function openFrame(
  panel: HTMLElement,
  origin: string,
  path: string,
  title: string,
  onSays: (says: FrameSays, ports: readonly MessagePort[]) => void,
): ShowFrame {
  const frame = document.createElement("iframe");
  let port: MessagePort | undefined;
  let newest = {};
  frame.title = title;
  frame.referrerPolicy = "no-referrer";
  frame.onload = () => {
    const channel = new MessageChannel();
    port = channel.port1;
    port.onmessage = (message) => onSays(message.data, message.ports);
    frame.contentWindow?.postMessage({ crumbless: "connect" }, origin, [channel.port2]);
    port.postMessage(newest);
  };
  frame.src = origin + path;
  panel.querySelector("iframe")?.remove();
  panel.append(frame);
  return (shown, focus) => {
    newest = { say: shown ? "shown" : "hidden", focus };
    if (focus) frame.focus();
    port?.postMessage(newest);
  };
}
