import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { type Api, ApiProblem } from "../../core/api";
import { Button } from "../../ui/kit/button";
import { Field } from "../../ui/kit/field";
import { useTranslations } from "../core/desk_context";
import { signInErrorMessage } from "../core/sign_in_error";
import { type CodeAsked, type NewSession, signInWithCode } from "./sign_in_api";

interface Properties {
  readonly api: Api;
  readonly codeRequest: CodeAsked;
  readonly onEntered: (entered: NewSession) => Promise<void>;
  readonly onStartAgain: () => void;
}

/** The second step of a sign-in: the code of an authenticator app, or a recovery code. */
export function CodeForm({ api, codeRequest, onEntered, onStartAgain }: Properties) {
  const { words, language } = useTranslations();
  const field = useRef<HTMLInputElement>(null);
  const [waiting, setWaiting] = useState(false);
  const [failure, setFailure] = useState("");
  const [over, setOver] = useState(false);
  useLayoutEffect(() => field.current?.focus(), []);

  const submit = async (event: Event) => {
    event.preventDefault();
    if (waiting || over) return;
    const code = field.current?.value.trim() ?? "";
    if (!code) {
      setFailure(words.enterCode);
      field.current?.focus();
      return;
    }
    setWaiting(true);
    setFailure("");
    try {
      await onEntered(await signInWithCode(api, codeRequest, code));
    } catch (cause) {
      setFailure(signInErrorMessage(cause, words, language));
      setOver(cause instanceof ApiProblem && cause.code === "ticket_gone");
      setWaiting(false);
      field.current?.select();
    }
  };

  return (
    <form class="sign-in-form" onSubmit={submit} noValidate>
      <Field
        label={words.code}
        inputRef={field}
        fault={failure}
        type="text"
        name="code"
        autocomplete="one-time-code"
        autocapitalize="characters"
        spellcheck={false}
        dir="ltr"
        maxLength={32}
      />
      {!over && (
        <Button kind="primary" type="submit" busy={waiting}>
          {words.continueOn}
        </Button>
      )}
      <button type="button" class={over ? "button button-primary" : "button button-quiet"} onClick={onStartAgain}>
        {words.startAgain}
      </button>
    </form>
  );
}
