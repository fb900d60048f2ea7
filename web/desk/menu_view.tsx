import { useSpeech } from "./desk_context";
import "./menu_view.css";

interface Properties {
  /** Empty until the server has said it. */
  readonly operator: string;
  readonly email: string;
  readonly workspace: string;
  /** Whether replies wait that signing out would delete. */
  readonly unsent: boolean;
  readonly onSignOut: () => void;
}

/** The operator's menu. The browser's own popover brings Escape, a click elsewhere, and focus back to the button. */
export function MenuView({ operator, email, workspace, unsent, onSignOut }: Properties) {
  const { words } = useSpeech();
  return (
    <div class="menu">
      <button type="button" class="menu-button" popovertarget="menu">
        <span class="avatar avatar-self" aria-hidden="true" data-letter={operator.slice(0, 1).toUpperCase()} />
        <span class="hidden">{words.account}</span>
        <span class="menu-name">{operator}</span>
        <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
          <path d="M4 6l4 4 4-4" />
        </svg>
      </button>
      <div id="menu" class="menu-panel" popover="auto">
        <p class="menu-who">
          <strong>{operator}</strong>
          <span>{email}</span>
          <span>{workspace}</span>
        </p>
        {unsent && <p class="menu-warning">{words.unsentOnSignOut}</p>}
        <button type="button" class="menu-item" onClick={onSignOut}>
          {words.signOut}
        </button>
      </div>
    </div>
  );
}
