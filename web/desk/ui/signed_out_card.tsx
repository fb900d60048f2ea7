import type { ComponentChildren } from "preact";
import "./sign_in_view.css";

interface Properties {
  readonly title: string;
  readonly hint?: ComponentChildren;
  /** A notice above everything else; empty for none. */
  readonly notice?: string;
  readonly wide?: boolean;
  readonly children: ComponentChildren;
}

/** A card in the middle of the page for signed-out users. It shows no text that people have written. */
export function SignedOutCard({ title, hint, notice = "", wide = false, children }: Properties) {
  return (
    <main class="sign-in">
      <div class={`sign-in-card${wide ? " sign-in-wide" : ""}`}>
        <p class="brand">
          <span class="brand-mark" aria-hidden="true" />
          Crumbless
        </p>
        <h1 tabIndex={-1}>{title}</h1>
        {hint && <p class="sign-in-hint">{hint}</p>}
        <p class="sign-in-notice" role="status">
          {notice}
        </p>
        {children}
      </div>
    </main>
  );
}
