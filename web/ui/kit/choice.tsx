import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import "./controls.css";

interface Properties {
  readonly label: ComponentChildren;
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
  readonly name?: string;
  readonly hint?: ComponentChildren;
  readonly disabled?: boolean;
}

/** A choice that takes effect when its form is sent. */
export function Checkbox(properties: Properties) {
  return <Choice {...properties} />;
}

/** A choice that takes effect at once. */
export function Switch(properties: Properties) {
  return <Choice {...properties} role="switch" />;
}

function Choice({ label, checked, onChange, name, hint, disabled, role }: Properties & { readonly role?: "switch" }) {
  const id = useId();
  return (
    <>
      <label class={role ? "choice choice-switch" : "choice"}>
        <input
          type="checkbox"
          role={role}
          name={name}
          checked={checked}
          disabled={disabled}
          aria-describedby={hint ? id : undefined}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
        <span>{label}</span>
      </label>
      {hint && (
        <p id={id} class="field-hint choice-note">
          {hint}
        </p>
      )}
    </>
  );
}
