import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { useTranslations } from "../core/desk_context";
import "./settings_view.css";

interface Properties {
  /** Prefix for the IDs of the dialog's parts. */
  readonly name: string;
  readonly title: string;
  readonly children: ComponentChildren;
  readonly onClose: () => void;
}

/** A dialog over the desk, with a heading and a close button. It is open as long as it is rendered. */
export function DialogFrame({ name, title, children, onClose }: Properties) {
  const { words } = useTranslations();
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class={`settings ${name}-dialog`} aria-labelledby={`${name}-heading`} onClose={onClose}>
      <div class="settings-header">
        <h2 id={`${name}-heading`}>{title}</h2>
        <button type="button" class="icon-button tool-button" onClick={() => dialog.current?.close()}>
          <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
            <path d="M4 4l8 8M12 4l-8 8" />
          </svg>
          <span class="hidden">{words.close}</span>
        </button>
      </div>
      {children}
    </dialog>
  );
}
