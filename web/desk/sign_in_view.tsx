import { useEffect, useRef, useState } from "preact/hooks";
import { useSpeech } from "./desk_context";
import { tellSignInFailure } from "./sign_in_failure";
import "./sign_in_view.css";

interface Properties {
  /** Why the person is here, when it is not obvious. */
  readonly notice: string;
  /** False where the browser cannot make a key. */
  readonly secure: boolean;
  readonly onSignIn: (email: string, password: string) => Promise<void>;
}

export function SignInView({ notice, secure, onSignIn }: Properties) {
  const { words } = useSpeech();
  return (
    <main class="sign-in">
      <div class="sign-in-card">
        <p class="brand">
          <span class="brand-mark" aria-hidden="true" />
          Crumbless
        </p>
        <h1>{words.signIn}</h1>
        <p class="sign-in-hint">{words.signInHint}</p>
        <p class="sign-in-notice" role="status">
          {notice}
        </p>
        {secure ? <SignInForm onSignIn={onSignIn} /> : <InsecurePage />}
      </div>
    </main>
  );
}

function InsecurePage() {
  const { words } = useSpeech();
  return (
    <div class="notice notice-warning">
      <p>
        <strong>{words.needsSecurePage}</strong>
      </p>
      <p>{words.needsSecurePageHint}</p>
    </div>
  );
}

function SignInForm({ onSignIn }: Pick<Properties, "onSignIn">) {
  const { words } = useSpeech();
  const email = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);
  const [waiting, setWaiting] = useState(false);
  const [failure, setFailure] = useState("");
  useEffect(() => email.current?.focus(), []);

  const submit = async (event: Event) => {
    event.preventDefault();
    if (waiting) return;
    const given = { email: email.current?.value.trim() ?? "", password: password.current?.value ?? "" };
    if (!given.email || !given.password) {
      setFailure(words.enterBoth);
      (given.email ? password : email).current?.focus();
      return;
    }
    setWaiting(true);
    setFailure("");
    try {
      await onSignIn(given.email, given.password);
    } catch (cause) {
      setFailure(tellSignInFailure(cause, words));
      setWaiting(false);
      password.current?.select();
    }
  };

  const described = failure ? "sign-in-failure" : undefined;
  const common = { required: true, "aria-invalid": failure !== "", "aria-describedby": described } as const;
  return (
    <form class="sign-in-form" onSubmit={submit} noValidate>
      <label class="field">
        <span>{words.email}</span>
        <input
          ref={email}
          type="email"
          name="email"
          autocomplete="username"
          inputMode="email"
          dir="ltr"
          spellcheck={false}
          {...common}
        />
      </label>
      <label class="field">
        <span>{words.password}</span>
        <input ref={password} type="password" name="password" autocomplete="current-password" dir="ltr" {...common} />
      </label>
      <p id="sign-in-failure" class="sign-in-failure" role="alert">
        {failure}
      </p>
      <button type="submit" class="button button-primary" aria-disabled={waiting}>
        {waiting ? words.signingIn : words.signIn}
      </button>
    </form>
  );
}
