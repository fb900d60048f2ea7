import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Api } from "../../core/api";
import type { ProofKey } from "../../core/dpop";
import { Button } from "../../ui/kit/button";
import { Field } from "../../ui/kit/field";
import { useTranslations } from "../core/desk_context";
import { signInErrorMessage } from "../core/sign_in_error";
import { type CodeAsked, type NewSession, signInWithPassword } from "./sign_in_api";

interface Properties {
  readonly api: Api;
  readonly knownKey: ProofKey | null;
  readonly onEntered: (entered: NewSession) => Promise<void>;
  readonly onCodeRequired: (codeRequest: CodeAsked) => void;
  readonly onForgotten: () => void;
}

export function SignInForm({ api, knownKey, onEntered, onCodeRequired, onForgotten }: Properties) {
  const { words, language } = useTranslations();
  const email = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);
  const [waiting, setWaiting] = useState(false);
  const [failure, setFailure] = useState("");
  // Before the user can type: a focus that moves one frame later would receive the next characters, such as those of the
  // password.
  useLayoutEffect(() => email.current?.focus(), []);

  const submit = async (event: Event) => {
    event.preventDefault();
    if (waiting) return;
    const values = { email: email.current?.value.trim() ?? "", password: password.current?.value ?? "" };
    if (!values.email || !values.password) {
      setFailure(words.enterBoth);
      (values.email ? password : email).current?.focus();
      return;
    }
    setWaiting(true);
    setFailure("");
    try {
      const answer = await signInWithPassword(api, values.email, values.password, knownKey);
      if ("step" in answer) onCodeRequired(answer);
      else await onEntered(answer);
    } catch (cause) {
      setFailure(signInErrorMessage(cause, words, language));
      setWaiting(false);
      password.current?.select();
    }
  };

  const common = { required: true, dir: "ltr", "aria-invalid": failure !== "" } as const;
  return (
    <form class="sign-in-form" onSubmit={submit} noValidate>
      <Field
        label={words.email}
        inputRef={email}
        type="email"
        name="email"
        autocomplete="username webauthn"
        inputMode="email"
        spellcheck={false}
        {...common}
      />
      <Field
        label={words.password}
        inputRef={password}
        type="password"
        name="password"
        autocomplete="current-password"
        {...common}
      />
      <p class="form-failure" role="alert">
        {failure}
      </p>
      <Button kind="primary" type="submit" busy={waiting}>
        {waiting ? words.signingIn : words.signIn}
      </Button>
      <Button kind="quiet" onClick={onForgotten}>
        {words.forgotten}
      </Button>
    </form>
  );
}
