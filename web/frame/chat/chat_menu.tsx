/** The menu in the chat's header. */
import type { FrameTexts } from "texts:frame";
import type { JSX } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { LayerName } from "./chat_layer";

export interface ChatMenuProps {
  words: FrameTexts;
  /** Whether there is a conversation that could continue on another device. */
  running: boolean;
  /** Address of the policy page. */
  policy: string;
  onOpen: (layer: LayerName) => void;
}

/** Not a popover: browsers before 2024 would always show the menu. */
export function ChatMenu({ words, running, policy, onOpen }: ChatMenuProps): JSX.Element {
  const [open, setOpen] = useState(false);
  const menu = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useLayoutEffect(
    () => (open && menu.current ? watchOpenMenu(menu.current, button.current, () => setOpen(false)) : undefined),
    [open],
  );
  const choose = (layer: LayerName) => {
    setOpen(false);
    // The layer restores the focus to the element that had it, which must be one that stays.
    button.current?.focus();
    onOpen(layer);
  };
  return (
    <div class="chat-menu" ref={menu}>
      <button
        type="button"
        class="chat-menu-button"
        aria-label={words.menu}
        aria-expanded={open}
        ref={button}
        onClick={() => setOpen(!open)}
      >
        <svg viewBox="0 0 20 20" width="20" height="20" fill="currentColor" aria-hidden="true">
          <circle cx="4" cy="10" r="1.6" />
          <circle cx="10" cy="10" r="1.6" />
          <circle cx="16" cy="10" r="1.6" />
        </svg>
      </button>
      {open && (
        <ul class="chat-menu-panel">
          {(["settings", "yourData", running ? "sendTransfer" : "receiveTransfer"] as const).map((layer) => (
            <li key={layer}>
              <button type="button" class="chat-menu-item" onClick={() => choose(layer)}>
                {words[layer]}
              </button>
            </li>
          ))}
          <li>
            <a class="chat-menu-item" href={policy} target="_blank" rel="noopener" onClick={() => setOpen(false)}>
              {words.policy}
              <span class="hidden"> ({words.newTab})</span>
            </a>
          </li>
        </ul>
      )}
    </div>
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
