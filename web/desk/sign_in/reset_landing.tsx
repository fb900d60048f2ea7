import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { ApiProblem } from "../../core/api";
import { Button } from "../../ui/kit/button";
import { usePageWords } from "../core/page_context";
import { ActionStatus } from "../ui/page_parts";
import { SignedOutCard } from "../ui/signed_out_card";
import { useAction } from "../ui/use_action";
import type { EntryProperties } from "./link_check";
import { NewPasswordField } from "./new_password_field";

/** Sets a new password with the link of an email. */
export function ResetEntry({ api, secret, onLeave }: EntryProperties) {
  const { entry } = usePageWords();
  const field = useRef<HTMLInputElement>(null);
  const [missing, setMissing] = useState(false);
  const [gone, setGone] = useState(false);
  const action = useAction();
  useLayoutEffect(() => field.current?.focus(), []);
  const submit = async (event: Event) => {
    event.preventDefault();
    const password = field.current?.value ?? "";
    setMissing(!password);
    if (!password) return field.current?.focus();
    const reset = () =>
      api.post("/v1/reset", { secret, password }, { signed: false }).catch((cause: unknown) => {
        setGone(cause instanceof ApiProblem && cause.code === "ticket_gone");
        throw cause;
      });
    if (await action.run(reset)) onLeave(entry.passwordSet);
  };
  return (
    <SignedOutCard title={gone ? entry.linkGone : entry.resetTitle} hint={gone ? entry.linkGoneHint : entry.resetLead}>
      <form class="sign-in-form" onSubmit={submit} noValidate>
        {!gone && (
          <>
            <NewPasswordField field={field} missing={missing} />
            <ActionStatus action={action} />
            <Button kind="primary" type="submit" busy={action.busy}>
              {entry.setPassword}
            </Button>
          </>
        )}
        <Button kind="quiet" onClick={() => onLeave()}>
          {entry.toSignIn}
        </Button>
      </form>
    </SignedOutCard>
  );
}
