/** The menu in the chat's header. */
import type { FrameTexts } from "texts:frame";
import type { ComponentType, JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { importPart } from "../../core/import_part";
import type { LayerName } from "./chat_layer";
import type { MenuPanelProps } from "./chat_menu_panel";

export interface ChatMenuProps {
  words: FrameTexts;
  /** Whether there is a conversation that could continue on another device. */
  running: boolean;
  /** Address of the policy page. */
  policy: string;
  onOpen: (layer: LayerName) => void;
  /** The menu could not be loaded. */
  onFailed: () => void;
}

const loadPanel = importPart(() => import("./chat_menu_panel"));

/** Not a popover: browsers before 2024 would always show the menu. */
export function ChatMenu({ words, running, policy, onOpen, onFailed }: ChatMenuProps): JSX.Element {
  const [open, setOpen] = useState(false);
  const menu = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const [Panel, setPanel] = useState<ComponentType<MenuPanelProps> | null>(null);
  // The state is a function, which a setter would call.
  const toggle = () =>
    loadPanel().then((part) => {
      setPanel(() => part.MenuPanel);
      setOpen((before) => !before);
    }, onFailed);
  const close = () => setOpen(false);
  const choose = (layer: LayerName) => {
    close();
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
        onClick={toggle}
      >
        <svg viewBox="0 0 20 20" width="20" height="20" fill="currentColor" aria-hidden="true">
          <circle cx="4" cy="10" r="1.6" />
          <circle cx="10" cy="10" r="1.6" />
          <circle cx="16" cy="10" r="1.6" />
        </svg>
      </button>
      {open && Panel && menu.current && (
        <Panel
          {...{ words, running, policy }}
          menu={menu.current}
          button={button.current}
          close={close}
          choose={choose}
        />
      )}
    </div>
  );
}
