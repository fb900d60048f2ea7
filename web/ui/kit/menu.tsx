import { type ComponentChildren, Fragment } from "preact";
import { useRef } from "preact/hooks";
import { classNames } from "./class_names";
import { Icon } from "./icon";
import { check } from "./icons";
import { LayerButton, type Trigger, useLayer } from "./popover";
import { findTyped } from "./typed_search";

export interface MenuItem {
  readonly label: string;
  readonly icon?: string;
  /** The key that does the same, as it is shown. */
  readonly shortcut?: string;
  /** It cannot be undone. */
  readonly danger?: boolean;
  readonly disabled?: boolean;
  /** Makes it a choice that is on or off. */
  readonly checked?: boolean;
  readonly onSelect: () => void;
}

interface Properties {
  /** The ID of its panel. */
  readonly id: string;
  readonly trigger: Trigger;
  /** Groups of items, with a line between two groups. */
  readonly groups: readonly (readonly MenuItem[])[];
  readonly align?: "start" | "end";
  /** A text above the items. */
  readonly heading?: ComponentChildren;
}

/** How long typed letters are one search. */
const TYPING_MS = 700;

/** A button with a menu, as the ARIA Authoring Practices describe it ("Menu Button"). */
export function Menu({ id, trigger, groups, align = "start", heading }: Properties) {
  const layer = useLayer(align);
  const typed = useRef({ text: "", at: 0 });
  const items = () => [...(layer.panel.current?.querySelectorAll<HTMLElement>("[role^=menuitem]") ?? [])];
  const focus = (index: number) => items().at(index)?.focus();
  const show = (index = 0) => {
    layer.show();
    focus(index);
  };
  const step = (by: number) => {
    const all = items();
    const at = all.indexOf(document.activeElement as HTMLElement);
    all[(at + by + all.length) % all.length]?.focus();
  };
  const search = (event: KeyboardEvent) => {
    const last = typed.current;
    const now = performance.now();
    const text = now - last.at > TYPING_MS ? event.key : last.text + event.key;
    typed.current = { text, at: now };
    const all = items();
    const at = all.indexOf(document.activeElement as HTMLElement);
    all[
      findTyped(
        text,
        all.map((one) => one.dataset.label ?? ""),
        at,
      )
    ]?.focus();
  };
  const keys: Readonly<Record<string, () => void>> = {
    ArrowDown: () => step(1),
    ArrowUp: () => step(-1),
    Home: () => focus(0),
    End: () => focus(-1),
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const action = keys[event.key];
    if (event.key === "Tab") return layer.hide();
    if (action) action();
    else if (event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey) search(event);
    else return;
    event.preventDefault();
  };
  const onButtonKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    show(event.key === "ArrowUp" ? -1 : 0);
  };
  return (
    <>
      <LayerButton
        of={trigger}
        layer={layer}
        popup="menu"
        controls={id}
        onClick={() => show()}
        onKeyDown={onButtonKeyDown}
      />
      <div id={id} class="layer" popover="auto" ref={layer.panel}>
        {heading && <p class="layer-heading">{heading}</p>}
        <div role="menu" aria-label={trigger.label} onKeyDown={onKeyDown} tabIndex={-1}>
          {groups.map((group, number) => (
            <Fragment key={number}>
              {number > 0 && <hr class="layer-line" />}
              {group.map((item) => (
                <Item key={item.label} of={item} hide={layer.hide} />
              ))}
            </Fragment>
          ))}
        </div>
      </div>
    </>
  );
}

function Item({ of, hide }: { readonly of: MenuItem; readonly hide: () => void }) {
  const select = () => {
    if (of.disabled) return;
    // First, so that an action that opens a dialog has the focus afterwards.
    hide();
    of.onSelect();
  };
  return (
    <button
      type="button"
      {...(of.checked === undefined ? { role: "menuitem" } : { role: "menuitemcheckbox", "aria-checked": of.checked })}
      aria-disabled={of.disabled}
      tabIndex={-1}
      data-label={of.label}
      class={classNames("layer-item", of.danger && "layer-danger")}
      onClick={select}
      onPointerMove={(event) => event.currentTarget.focus({ preventScroll: true })}
    >
      {of.checked === undefined ? of.icon && <Icon of={of.icon} /> : <Mark on={of.checked} />}
      <span class="layer-label">{of.label}</span>
      {of.shortcut && <kbd>{of.shortcut}</kbd>}
    </button>
  );
}

const Mark = ({ on }: { readonly on: boolean }) => <span class="layer-mark">{on && <Icon of={check} />}</span>;
