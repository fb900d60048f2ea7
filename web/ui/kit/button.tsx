import type { ComponentChildren, JSX, Ref } from "preact";
import { classNames } from "./class_names";
import "./controls.css";
import { Icon } from "./icon";
import { loaderCircle } from "./icons";

/** `primary`: the one filled button of a region. `line`: any other. `quiet`: a text. `ghost`: a tool. `danger`: in dialogs only. */
export type ButtonKind = "primary" | "line" | "quiet" | "ghost" | "danger";

interface Properties extends Omit<JSX.IntrinsicElements["button"], "ref" | "icon"> {
  readonly kind?: ButtonKind;
  /** 40 px high instead of 32, in forms. */
  readonly large?: boolean;
  readonly icon?: string;
  /** Its action is running. It stays focusable, and the caller ignores further clicks. */
  readonly busy?: boolean;
  readonly children: ComponentChildren;
  readonly buttonRef?: Ref<HTMLButtonElement>;
}

export function Button({ kind = "line", large = false, icon, busy = false, children, buttonRef, ...rest }: Properties) {
  const shown = busy && icon ? loaderCircle : icon;
  return (
    <button
      type="button"
      aria-disabled={busy || undefined}
      {...(rest as object)}
      ref={buttonRef ?? null}
      class={classNames("button", `button-${kind}`, large && "button-large", rest.class as string)}
    >
      {shown && <Icon of={shown} />}
      {children}
    </button>
  );
}

interface IconProperties extends Omit<JSX.IntrinsicElements["button"], "ref" | "icon" | "label"> {
  readonly icon: string;
  /** Its name for screen readers. */
  readonly label: string;
  readonly flips?: boolean;
  readonly buttonRef?: Ref<HTMLButtonElement>;
}

/** A button that shows only an icon. */
export function IconButton({ icon, label, flips = false, buttonRef, ...rest }: IconProperties) {
  return (
    <button
      type="button"
      {...(rest as object)}
      ref={buttonRef ?? null}
      class={classNames("icon-button tool-button", rest.class as string)}
    >
      <Icon of={icon} flips={flips} />
      <span class="hidden">{label}</span>
    </button>
  );
}
