import type { ComponentChildren } from "preact";
import { ToastList } from "../ui/kit/toast_list";

export const toasts = new ToastList();

interface PartProperties {
  readonly id: string;
  readonly title: string;
  readonly children: ComponentChildren;
}

/** All states of one part. Tests find it by its ID. */
export function Part({ id, title, children }: PartProperties) {
  return (
    <section id={id} class="states-part" aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>{title}</h2>
      <div class="states-list">{children}</div>
    </section>
  );
}

interface StateProperties {
  readonly name: string;
  /** Takes the whole width. */
  readonly wide?: boolean;
  readonly children: ComponentChildren;
}

/** A part in one state. */
export function State({ name, wide = false, children }: StateProperties) {
  return (
    <div class={wide ? "states-one states-wide" : "states-one"}>
      {children}
      <p class="states-name">{name}</p>
    </div>
  );
}
