import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { IconButton } from "./button";
import { classNames } from "./class_names";
import { x } from "./icons";
import "./layers.css";

interface Properties {
  readonly title: string;
  readonly closeLabel: string;
  /** A further class, for its width. */
  readonly class?: string;
  readonly children: ComponentChildren;
  /** The buttons below the content. */
  readonly actions?: ComponentChildren;
  /** Called once it is closed, also by Escape. */
  readonly onClose: () => void;
}

/**
 * A dialog over the page, with a heading and a close button. It is open as long as it is rendered. The browser keeps the focus
 * inside, closes it by Escape, and returns the focus.
 */
export function Dialog(properties: Properties) {
  return <Modal {...properties} kind="dialog" />;
}

/** A dialog at the end side of the window, as high as the window. */
export function Drawer(properties: Properties) {
  return <Modal {...properties} kind="drawer" />;
}

interface ModalProperties extends Properties {
  readonly kind: "dialog" | "drawer";
}

function Modal({ kind, title, closeLabel, children, actions, onClose, ...rest }: ModalProperties) {
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  const removed = useRef(false);
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => {
      // A dialog that is removed while it is open would not return the focus.
      removed.current = true;
      element?.close();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      class={classNames("modal", `modal-${kind}`, rest.class)}
      aria-labelledby={id}
      onClose={() => removed.current || onClose()}
    >
      <div class="modal-head">
        <h2 id={id}>{title}</h2>
        <IconButton icon={x} label={closeLabel} onClick={() => dialog.current?.close()} />
      </div>
      <div class="modal-body">{children}</div>
      {actions && <div class="modal-actions">{actions}</div>}
    </dialog>
  );
}
