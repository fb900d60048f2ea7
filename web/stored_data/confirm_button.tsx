/** A button that asks for confirmation, in its place, before an action that cannot be undone. */
import type { JSX } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";

export interface ConfirmButtonProps {
  label: string;
  /** The question, which names the consequence. */
  question: string;
  /** Text of the button that confirms; the label when absent. */
  yes?: string;
  cancel: string;
  onYes: () => void | Promise<void>;
}

export function ConfirmButton({ label, question, yes, cancel, onYes }: ConfirmButtonProps): JSX.Element {
  const [asking, ask] = useState(false);
  const id = useId();
  const first = useRef<HTMLButtonElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const wasAsking = useRef(false);
  // The focus moves to the harmless button, and back afterwards.
  useEffect(() => {
    if (asking) first.current?.focus();
    else if (wasAsking.current) opener.current?.focus();
    wasAsking.current = asking;
  }, [asking]);
  if (!asking) {
    return (
      <button type="button" class="kept-button kept-danger" ref={opener} onClick={() => ask(true)}>
        {label}
      </button>
    );
  }
  return (
    <fieldset class="kept-ask" aria-labelledby={id}>
      <p id={id}>{question}</p>
      <div class="kept-acts">
        <button type="button" class="kept-button" ref={first} onClick={() => ask(false)}>
          {cancel}
        </button>
        <button
          type="button"
          class="kept-button kept-danger"
          onClick={() => {
            ask(false);
            void onYes();
          }}
        >
          {yes ?? label}
        </button>
      </div>
    </fieldset>
  );
}
