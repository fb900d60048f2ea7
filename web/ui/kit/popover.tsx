import type { ComponentChildren, RefObject } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { Button, type ButtonKind, IconButton } from "./button";
import "./layers.css";
import { moveBeside } from "./place";

/** The button of a popover or menu. */
export interface Trigger {
  readonly label: string;
  readonly icon?: string;
  readonly kind?: ButtonKind;
  /** Shows only the icon. */
  readonly iconOnly?: boolean;
  readonly class?: string;
}

export interface Layer {
  readonly open: boolean;
  readonly panel: RefObject<HTMLDivElement | null>;
  readonly button: RefObject<HTMLButtonElement | null>;
  readonly show: () => void;
  readonly hide: () => void;
}

/** Return a panel beside a button. The browser closes it by Escape and by a press outside, and returns the focus. */
export function useLayer(align: "start" | "end"): Layer {
  const panel = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const [open, setOpen] = useState(false);
  useLayoutEffect(() => {
    const element = panel.current;
    if (!element) return;
    const follow = () => {
      if (button.current && element.matches(":popover-open")) moveBeside(element, button.current, align);
    };
    const onToggle = (event: Event) => setOpen((event as ToggleEvent).newState === "open");
    // Before the first frame, so that the panel does not jump.
    const onOpening = (event: Event) => {
      if ((event as ToggleEvent).newState === "open") queueMicrotask(follow);
    };
    element.addEventListener("toggle", onToggle);
    element.addEventListener("beforetoggle", onOpening);
    addEventListener("resize", follow);
    addEventListener("scroll", follow, true);
    return () => {
      element.removeEventListener("toggle", onToggle);
      element.removeEventListener("beforetoggle", onOpening);
      removeEventListener("resize", follow);
      removeEventListener("scroll", follow, true);
    };
  }, [align]);
  const show = () => {
    const [element, by] = [panel.current, button.current];
    if (!element || !by || element.matches(":popover-open")) return;
    element.showPopover();
    moveBeside(element, by, align);
  };
  return { open, panel, button, show, hide: () => panel.current?.hidePopover() };
}

interface TriggerProperties {
  readonly of: Trigger;
  readonly layer: Layer;
  readonly popup: "menu" | "dialog";
  readonly controls: string;
  readonly onKeyDown?: (event: KeyboardEvent) => void;
  readonly onClick: () => void;
}

/** The button that opens a layer, and closes it. */
export function LayerButton({ of, layer, popup, controls, onKeyDown, onClick }: TriggerProperties) {
  // The press on the button already closes an open layer. Without this, the click opens it again.
  const wasOpen = useRef(false);
  const rest = {
    buttonRef: layer.button,
    "aria-haspopup": popup,
    "aria-expanded": layer.open,
    "aria-controls": controls,
    onPointerDown: () => {
      wasOpen.current = layer.panel.current?.matches(":popover-open") ?? false;
    },
    onClick: () => {
      if (layer.panel.current?.matches(":popover-open")) layer.hide();
      else if (!wasOpen.current) onClick();
      wasOpen.current = false;
    },
    ...(onKeyDown && { onKeyDown }),
    ...(of.class && { class: of.class }),
  };
  if (of.iconOnly && of.icon) return <IconButton icon={of.icon} label={of.label} {...rest} />;
  return (
    <Button kind={of.kind ?? "line"} {...(of.icon && { icon: of.icon })} {...rest}>
      {of.label}
    </Button>
  );
}

interface Properties {
  /** The ID of its panel. */
  readonly id: string;
  readonly trigger: Trigger;
  /** The panel's name for screen readers. */
  readonly label: string;
  readonly align?: "start" | "end";
  readonly children: (hide: () => void) => ComponentChildren;
}

/** A panel with any content beside its button. The focus moves to its first control. */
export function Popover({ id, trigger, label, align = "start", children }: Properties) {
  const layer = useLayer(align);
  const show = () => {
    layer.show();
    layer.panel.current?.querySelector<HTMLElement>("input, select, textarea, button, a[href]")?.focus();
  };
  return (
    <>
      <LayerButton of={trigger} layer={layer} popup="dialog" controls={id} onClick={show} />
      <div id={id} class="layer popover" popover="auto" role="dialog" aria-label={label} ref={layer.panel}>
        {children(layer.hide)}
      </div>
    </>
  );
}
