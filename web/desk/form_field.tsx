import type { ComponentChildren, JSX } from "preact";
import { useId } from "preact/hooks";

interface Properties extends Omit<JSX.IntrinsicElements["input"], "label" | "ref"> {
  readonly label: string;
  /** What helps to fill it in. */
  readonly hint?: ComponentChildren;
  /** What is wrong with it; empty for nothing. */
  readonly fault?: string;
  readonly inputRef?: { current: HTMLInputElement | null };
}

/** A field with its label, and what is to be said about it, tied together for those who hear the page. */
export function FormField({ label, hint, fault = "", inputRef, ...input }: Properties) {
  const id = useId();
  const described = [hint && `${id}-hint`, fault && `${id}-fault`].filter(Boolean).join(" ");
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        ref={inputRef ?? null}
        aria-invalid={fault !== ""}
        aria-describedby={described || undefined}
        {...(input as object)}
      />
      {hint && (
        <p id={`${id}-hint`} class="field-hint">
          {hint}
        </p>
      )}
      {fault && (
        <p id={`${id}-fault`} class="field-fault" role="alert">
          {fault}
        </p>
      )}
    </div>
  );
}
