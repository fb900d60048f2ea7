import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Api } from "../../core/api";
import { Button } from "../../ui/kit/button";
import { Field } from "../../ui/kit/field";
import { useTranslations } from "../core/desk_context";
import { usePageWords, WithPageWords } from "../core/page_context";
import { ActionStatus } from "../ui/page_parts";
import { SignedOutCard } from "../ui/signed_out_card";
import { useAction } from "../ui/use_action";

interface Properties {
  readonly api: Api;
  readonly onLeave: () => void;
}

/** Sends a link for a forgotten password. The response does not reveal whether the address is known. */
export function ResetRequest(props: Properties) {
  return (
    <WithPageWords>
      <RequestCard {...props} />
    </WithPageWords>
  );
}

function RequestCard({ api, onLeave }: Properties) {
  const { words } = useTranslations();
  const { entry, required } = usePageWords();
  const field = useRef<HTMLInputElement>(null);
  const [fault, setFault] = useState("");
  const action = useAction();
  useLayoutEffect(() => field.current?.focus(), []);
  const submit = async (event: Event) => {
    event.preventDefault();
    const email = field.current?.value.trim() ?? "";
    setFault(email ? "" : required);
    if (!email) return field.current?.focus();
    await action.run(() => api.post("/v1/reset/request", { email }, { signed: false }), entry.linkSent);
  };
  return (
    <SignedOutCard title={entry.forgotTitle} hint={entry.forgotLead}>
      <form class="sign-in-form" onSubmit={submit} noValidate>
        <Field
          label={words.email}
          inputRef={field}
          fault={fault}
          type="email"
          name="email"
          autocomplete="username"
          spellcheck={false}
          dir="ltr"
        />
        <ActionStatus action={action} />
        <Button kind="primary" type="submit" busy={action.busy}>
          {entry.sendLink}
        </Button>
        <Button kind="quiet" onClick={onLeave}>
          {entry.toSignIn}
        </Button>
      </form>
    </SignedOutCard>
  );
}
