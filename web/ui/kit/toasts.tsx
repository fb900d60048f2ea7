import { useEffect, useRef, useState } from "preact/hooks";
import { Button, IconButton } from "./button";
import { Icon } from "./icon";
import { check, circleAlert, x } from "./icons";
import "./layers.css";
import type { ShownToast, ToastList } from "./toast_list";

interface Properties {
  readonly of: ToastList;
  /** The name of the region for screen readers. */
  readonly label: string;
  readonly dismissLabel: string;
}

/** Shows a page's toasts at the bottom. It has to be on the page before the first toast, so that screen readers announce it. */
export function Toasts({ of, label, dismissLabel }: Properties) {
  const [shown, setShown] = useState(of.shown);
  const region = useRef<HTMLElement>(null);
  useEffect(() => of.subscribe(() => setShown(of.shown)), [of]);
  const resume = () => {
    if (!region.current?.matches(":hover, :focus-within")) of.resume();
  };
  // A removed toast sends no event of the pointer or the focus.
  useEffect(resume, [shown]);
  const texts = (failure: boolean) => shown.filter((one) => Boolean(one.failure) === failure);
  return (
    <section
      ref={region}
      class="toasts"
      aria-label={label}
      onPointerEnter={() => of.pause()}
      onPointerLeave={resume}
      onFocusIn={() => of.pause()}
      onFocusOut={() => queueMicrotask(resume)}
    >
      <div role="alert">
        {texts(true).map((one) => (
          <Shown key={one.id} of={one} dismissLabel={dismissLabel} onDismiss={() => of.remove(one.id)} />
        ))}
      </div>
      <div role="status">
        {texts(false).map((one) => (
          <Shown key={one.id} of={one} dismissLabel={dismissLabel} onDismiss={() => of.remove(one.id)} />
        ))}
      </div>
    </section>
  );
}

interface ShownProperties {
  readonly of: ShownToast;
  readonly dismissLabel: string;
  readonly onDismiss: () => void;
}

function Shown({ of, dismissLabel, onDismiss }: ShownProperties) {
  const { action } = of;
  const run = () => {
    onDismiss();
    action?.run();
  };
  return (
    <div class="toast">
      <Icon of={of.icon ?? (of.failure ? circleAlert : check)} />
      <span class="toast-text">{of.text}</span>
      {action && (
        <Button kind="ghost" onClick={run}>
          {action.label}
        </Button>
      )}
      {of.failure && <IconButton icon={x} label={dismissLabel} onClick={onDismiss} />}
    </div>
  );
}
