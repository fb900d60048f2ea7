/** The open menu in the chat's header. Loaded when it is opened. */
import type { FrameTexts } from "texts:frame";
import type { JSX } from "preact";
import { useLayoutEffect } from "preact/hooks";
import type { LayerName } from "./chat_layer";

export interface MenuPanelProps {
  words: FrameTexts;
  running: boolean;
  policy: string;
  /** The element around the button and this list. */
  menu: HTMLElement;
  button: HTMLElement | null;
  close: () => void;
  choose: (layer: LayerName) => void;
}

export function MenuPanel({ words, running, policy, menu, button, close, choose }: MenuPanelProps): JSX.Element {
  useLayoutEffect(() => watchOpenMenu(menu, button, close), []);
  return (
    <ul class="chat-menu-panel">
      {(["settings", "yourData", running ? "sendTransfer" : "receiveTransfer"] as const).map((layer) => (
        <li key={layer}>
          <button type="button" class="chat-menu-item" onClick={() => choose(layer)}>
            {words[layer]}
          </button>
        </li>
      ))}
      <li>
        <a class="chat-menu-item" href={policy} target="_blank" rel="noopener" onClick={close}>
          {words.policy}
          <span class="hidden"> ({words.newTab})</span>
        </a>
      </li>
    </ul>
  );
}

/** Move the focus into the menu. Escape, a press outside and a focus outside close it. Returns a function that ends this. */
function watchOpenMenu(menu: HTMLElement, button: HTMLElement | null, close: () => void): () => void {
  const onKey = (event: KeyboardEvent) => {
    if (event.key !== "Escape") return;
    // The key closes the menu, not the chat.
    event.stopPropagation();
    button?.focus();
    close();
  };
  const closeIfOutside = (target: EventTarget | null) => {
    if (target instanceof Node && !menu.contains(target)) close();
  };
  const onPress = (event: Event) => closeIfOutside(event.target);
  const onFocus = (event: FocusEvent) => closeIfOutside(event.relatedTarget);
  menu.querySelector<HTMLElement>("li button")?.focus();
  menu.addEventListener("keydown", onKey);
  menu.addEventListener("focusout", onFocus);
  document.addEventListener("pointerdown", onPress);
  return () => {
    menu.removeEventListener("keydown", onKey);
    menu.removeEventListener("focusout", onFocus);
    document.removeEventListener("pointerdown", onPress);
  };
}
