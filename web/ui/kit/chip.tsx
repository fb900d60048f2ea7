import type { ComponentChildren } from "preact";
import { classNames } from "./class_names";
import "./data.css";
import type { Hue } from "./hue";
import { Icon } from "./icon";
import { x } from "./icons";

interface Properties {
  readonly children: ComponentChildren;
  readonly hue?: Hue;
  readonly icon?: string;
  /** With the name of the button that removes it. */
  readonly onRemove?: () => void;
  readonly removeLabel?: string;
}

/** A label, or a part of a filter: a text with a dot in its colour. */
export function Chip({ children, hue, icon, onRemove, removeLabel }: Properties) {
  return (
    <span class={classNames("chip", hue && `hue-${hue}`, onRemove && "chip-removable")}>
      {hue && <i class="chip-dot" />}
      {icon && <Icon of={icon} />}
      <span class="chip-text" dir="auto">
        {children}
      </span>
      {onRemove && (
        <button type="button" class="chip-remove" onClick={onRemove}>
          <Icon of={x} />
          <span class="hidden">{removeLabel}</span>
        </button>
      )}
    </span>
  );
}

export type Tone = "plain" | "good" | "notice" | "danger" | "info";

/** A status as a word and an icon in its colour. */
export function Pill({ tone, icon, children }: { tone: Tone; icon: string; children: ComponentChildren }) {
  return (
    <span class={`pill tone-${tone}`}>
      <Icon of={icon} />
      {children}
    </span>
  );
}

/** A number, such as that of unread messages. `label` names the counted things for screen readers. */
export function Count({ of, label, soft = false }: { of: number; label: string; soft?: boolean }) {
  return (
    <span class={soft ? "count count-soft" : "count"}>
      {of}
      <span class="hidden"> {label}</span>
    </span>
  );
}
