import { cloneElement, type VNode } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import "./layers.css";
import { moveBeside } from "./place";

interface Properties {
  readonly text: string;
  /** The key that does the same, as it is shown. */
  readonly shortcut?: string;
  /** The button or link that it explains. Its name must not depend on the tooltip. */
  readonly children: VNode<Record<string, unknown>>;
}

/** How long the pointer rests before the tooltip is shown. The focus shows it at once. */
const REST_MS = 400;
/** How long the pointer can take from the button to the tooltip (WCAG 2.2, 1.4.13). */
const LEAVE_MS = 150;

/** A short explanation of a control. Escape hides it, and the pointer can move onto it. */
export function Tooltip({ text, shortcut, children }: Properties) {
  const id = useId();
  const place = useRef<HTMLSpanElement>(null);
  const tip = useRef<HTMLSpanElement>(null);
  const timer = useRef(0);
  const isShown = () => tip.current?.matches(":popover-open") ?? false;
  const later = (action: () => void, delay: number) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(action, delay) as unknown as number;
  };
  const hide = () => {
    clearTimeout(timer.current);
    if (isShown()) tip.current?.hidePopover();
  };
  const show = () => {
    clearTimeout(timer.current);
    const control = place.current?.firstElementChild;
    // A press has its own effect. The tooltip of a button that has opened something would cover that.
    if (!tip.current || !control || isShown() || control.getAttribute("aria-expanded") === "true") return;
    tip.current.showPopover();
    moveBeside(tip.current, control, "start");
  };
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || !isShown()) return;
      // Only the tooltip, not the dialog around it.
      event.preventDefault();
      event.stopPropagation();
      hide();
    };
    document.addEventListener("keydown", onKeyDown, true);
    return () => {
      document.removeEventListener("keydown", onKeyDown, true);
      clearTimeout(timer.current);
    };
  }, []);
  return (
    <span
      class="tooltip-place"
      ref={place}
      onPointerEnter={() => later(show, REST_MS)}
      onPointerLeave={() => later(hide, LEAVE_MS)}
      onPointerDown={hide}
      onFocusIn={(event) => {
        if ((event.target as Element).matches(":focus-visible")) show();
      }}
      onFocusOut={hide}
    >
      {cloneElement(children, { "aria-describedby": id })}
      <span id={id} class="tooltip" role="tooltip" popover="manual" ref={tip}>
        {text} {shortcut && <kbd>{shortcut}</kbd>}
      </span>
    </span>
  );
}
