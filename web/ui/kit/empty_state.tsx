import type { ComponentChildren } from "preact";
import "./data.css";
import { Icon } from "./icon";

interface Properties {
  readonly icon?: string;
  readonly title: string;
  /** The next step. */
  readonly children?: ComponentChildren;
  /** At most one filled button. */
  readonly actions?: ComponentChildren;
}

/** Replaces a list that has nothing to show. */
export function EmptyState({ icon, title, children, actions }: Properties) {
  return (
    <div class="empty">
      {icon && (
        <span class="empty-icon">
          <Icon of={icon} />
        </span>
      )}
      <p class="empty-title">{title}</p>
      {children && <p>{children}</p>}
      {actions && <div class="form-buttons">{actions}</div>}
    </div>
  );
}
