import type { ComponentChildren, JSX, Ref } from "preact";
import { useId } from "preact/hooks";
import "./controls.css";
import { Icon } from "./icon";
import { circleAlert } from "./icons";

interface Described {
  readonly label: string;
  /** A hint for filling it in. */
  readonly hint?: ComponentChildren;
  /** The error in the value; empty for none. */
  readonly fault?: string;
}

interface Properties extends Described, Omit<JSX.IntrinsicElements["input"], "label" | "ref"> {
  readonly inputRef?: Ref<HTMLInputElement>;
}

/** A field with its label, hint and error, connected for screen readers. */
export function Field({ label, hint, fault = "", inputRef, ...input }: Properties) {
  return (
    <Labelled label={label} hint={hint} fault={fault}>
      {(connected) => <input {...(input as object)} {...connected} ref={inputRef ?? null} />}
    </Labelled>
  );
}

interface TextProperties extends Described, Omit<JSX.IntrinsicElements["textarea"], "label" | "ref"> {}

/** A field of several lines. */
export function TextField({ label, hint, fault = "", ...area }: TextProperties) {
  return (
    <Labelled label={label} hint={hint} fault={fault}>
      {(connected) => <textarea {...(area as object)} {...connected} />}
    </Labelled>
  );
}

interface SelectProperties extends Described, Omit<JSX.IntrinsicElements["select"], "label" | "ref" | "value"> {
  /** Value and text of each choice. */
  readonly options: readonly (readonly [value: string, text: string])[];
  readonly value: string;
}

/** A list to choose one value from. */
export function Select({ label, hint, fault = "", options, value, ...select }: SelectProperties) {
  return (
    <Labelled label={label} hint={hint} fault={fault}>
      {(connected) => (
        <select {...(select as object)} {...connected} value={value}>
          {options.map(([choice, text]) => (
            <option key={choice} value={choice} selected={choice === value}>
              {text}
            </option>
          ))}
        </select>
      )}
    </Labelled>
  );
}

interface Connected {
  readonly id: string;
  readonly "aria-invalid": boolean;
  readonly "aria-describedby": string | undefined;
}

interface LabelledProperties extends Described {
  readonly children: (connected: Connected) => ComponentChildren;
}

function Labelled({ label, hint, fault = "", children }: LabelledProperties) {
  const id = useId();
  const described = [hint && `${id}-hint`, fault && `${id}-fault`].filter(Boolean).join(" ");
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, "aria-invalid": fault !== "", "aria-describedby": described || undefined })}
      {hint && (
        <p id={`${id}-hint`} class="field-hint">
          {hint}
        </p>
      )}
      {fault && (
        <p id={`${id}-fault`} class="field-fault" role="alert">
          <Icon of={circleAlert} />
          {fault}
        </p>
      )}
    </div>
  );
}
