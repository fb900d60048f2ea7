import { useRef, useState } from "preact/hooks";
import { Button } from "../../ui/kit/button";
import { Checkbox } from "../../ui/kit/choice";
import { Field } from "../../ui/kit/field";
import { usePage, usePageWords } from "../core/page_context";
import { ActionStatus, Section } from "../ui/page_parts";
import { useAction } from "../ui/use_action";
import type { SecurityProperties } from "./security_properties";

export function PasswordSection({ security, onChanged }: SecurityProperties) {
  const { security: words } = usePageWords();
  const [open, setOpen] = useState(false);
  const action = useAction();
  return (
    <Section title={words.password} lead={security.password ? words.passwordSet : words.passwordNone}>
      {open ? (
        <PasswordForm
          has={security.password}
          action={action}
          onDone={async () => {
            setOpen(false);
            await onChanged();
          }}
        />
      ) : (
        <Button onClick={() => setOpen(true)}>{security.password ? words.changePassword : words.setPassword}</Button>
      )}
      <ActionStatus action={action} />
    </Section>
  );
}

interface FormProperties {
  readonly has: boolean;
  readonly action: ReturnType<typeof useAction>;
  readonly onDone: () => Promise<void>;
}

function PasswordForm({ has, action, onDone }: FormProperties) {
  const { security: words, save, required, newPassword, passwordHint } = usePageWords();
  const { call, operator } = usePage();
  const current = useRef<HTMLInputElement>(null);
  const next = useRef<HTMLInputElement>(null);
  const [missing, setMissing] = useState({ current: false, next: false });
  const [endOthers, setEndOthers] = useState(true);
  const submit = async (event: Event) => {
    event.preventDefault();
    const body = { current: current.current?.value ?? "", new: next.current?.value ?? "", end_others: endOthers };
    const lacks = { current: has && !body.current, next: !body.new };
    setMissing(lacks);
    if (lacks.current || lacks.next) (lacks.current ? current : next).current?.focus();
    else if (await action.run(() => call.post("/v1/desk/me/password", body), words.passwordChanged)) await onDone();
  };
  return (
    <form class="page-form" onSubmit={submit} noValidate>
      {/* Lets password managers identify the account. */}
      <input
        class="hidden"
        type="text"
        autocomplete="username"
        value={operator.email}
        readOnly
        tabIndex={-1}
        aria-hidden="true"
      />
      {has && (
        <Field
          label={words.current}
          inputRef={current}
          fault={missing.current ? required : ""}
          type="password"
          autocomplete="current-password"
          dir="ltr"
        />
      )}
      <Field
        label={newPassword}
        hint={passwordHint}
        inputRef={next}
        fault={missing.next ? required : ""}
        type="password"
        autocomplete="new-password"
        maxLength={128}
        dir="ltr"
      />
      <Checkbox label={words.endOthers} checked={endOthers} onChange={setEndOthers} />
      <Button kind="primary" type="submit" busy={action.busy}>
        {save}
      </Button>
    </form>
  );
}
