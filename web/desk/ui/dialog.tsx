import type { ComponentChildren } from "preact";
import { Dialog } from "../../ui/kit/dialog";
import { useTranslations } from "../core/desk_context";
import "./settings_view.css";

interface Properties {
  /** The dialog's class is `NAME-dialog`. */
  readonly name: string;
  readonly title: string;
  readonly children: ComponentChildren;
  readonly onClose: () => void;
}

/** A dialog over the desk. Its close button is in the operator's language. */
export function DialogFrame({ name, title, children, onClose }: Properties) {
  const { words } = useTranslations();
  return (
    <Dialog class={`${name}-dialog`} title={title} closeLabel={words.close} onClose={onClose}>
      {children}
    </Dialog>
  );
}
