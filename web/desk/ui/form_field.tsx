import type { ComponentChildren, JSX } from "preact";
import { useId } from "preact/hooks";

interface Properties extends Omit<JSX.IntrinsicElements["input"], "label" | "ref"> {
  readonly label: string;
  /** A hint for filling it in. */
  readonly hint?: ComponentChildren;
  /** The error in the value; empty for none. */
  readonly fault?: string;
  readonly inputRef?: { current: HTMLInputElement | null };
}

/** A field with its label, hint and error, connected for screen readers. */
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
