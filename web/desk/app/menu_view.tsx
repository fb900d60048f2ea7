import { useRef, useState } from "preact/hooks";
import { Icon } from "../../ui/kit/icon";
import { chevronDown } from "../../ui/kit/icons";
import { ConnectionCheckDialog } from "../connection_check/check_dialog";
import { useTranslations } from "../core/desk_context";
import { type PageName, writePage } from "../core/desk_route";
import type { DeskArrangement } from "../state/layout_preferences";
import { SettingsView } from "./settings_view";
import { StoredDataDialog } from "./stored_data_dialog";
import "./menu_view.css";

interface Properties {
  /** Empty until the server has sent it. */
  readonly operator: string;
  readonly email: string;
  readonly workspace: string;
  /** Whether there are unsent replies, which signing out would delete. */
  readonly unsent: boolean;
  readonly arrangement: DeskArrangement;
  readonly onSignOut: () => void;
}

/** The pages in the menu. They link to the other pages. */
const PAGES_SHOWN: readonly (readonly [PageName, "profile" | "security" | "administration"])[] = [
  ["profile", "profile"],
  ["security", "security"],
  ["people", "administration"],
];

/** The operator's menu. The browser's own popover handles Escape, a click outside, and the return of the focus to the button. */
export function MenuView({ operator, email, workspace, unsent, arrangement, onSignOut }: Properties) {
  const { words } = useTranslations();
  const [shown, setShown] = useState<"settings" | "kept" | "check" | null>(null);
  const panel = useRef<HTMLDivElement>(null);
  const pick = (action: () => void) => () => {
    panel.current?.hidePopover();
    action();
  };
  return (
    <div class="menu">
      <button type="button" class="menu-button" popovertarget="menu">
        <span class="avatar avatar-self" aria-hidden="true" data-letter={operator.slice(0, 1).toUpperCase()} />
        <span class="hidden">{words.account}</span>
        <span class="menu-name">{operator}</span>
        <Icon of={chevronDown} />
      </button>
      <div id="menu" class="menu-panel" popover="auto" ref={panel}>
        <p class="menu-who">
          <strong>{operator}</strong>
          <span>{email}</span>
          <span>{workspace}</span>
        </p>
        <div class="menu-group">
          {PAGES_SHOWN.map(([page, name]) => (
            <a key={page} class="menu-item" href={writePage(page)} onClick={() => panel.current?.hidePopover()}>
              {words[name]}
            </a>
          ))}
        </div>
        <div class="menu-group">
          <button type="button" class="menu-item" onClick={pick(() => setShown("settings"))}>
            {words.settings}
          </button>
          <button type="button" class="menu-item" onClick={pick(() => setShown("kept"))}>
            {words.kept}
          </button>
          <button type="button" class="menu-item" onClick={pick(() => setShown("check"))}>
            {words.connectionCheck}
          </button>
          {arrangement.changed && (
            <button type="button" class="menu-item" onClick={pick(() => arrangement.reset())}>
              {words.resetLayout}
            </button>
          )}
        </div>
        {unsent && <p class="menu-warning">{words.unsentOnSignOut}</p>}
        <button type="button" class="menu-item" onClick={onSignOut}>
          {words.signOut}
        </button>
      </div>
      {shown === "settings" && <SettingsView onClose={() => setShown(null)} />}
      {shown === "kept" && <StoredDataDialog onClose={() => setShown(null)} />}
      {shown === "check" && <ConnectionCheckDialog onClose={() => setShown(null)} />}
    </div>
  );
}
