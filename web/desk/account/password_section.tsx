import { useRef, useState } from "preact/hooks";
import { usePage, usePageWords } from "../core/page_context";
import { FormField } from "../ui/form_field";
import { ActionStatus, Section, Tick } from "../ui/page_parts";
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
        <button type="button" class="button" onClick={() => setOpen(true)}>
          {security.password ? words.changePassword : words.setPassword}
        </button>
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
        <FormField
          label={words.current}
          inputRef={current}
          fault={missing.current ? required : ""}
          type="password"
          autocomplete="current-password"
          dir="ltr"
        />
      )}
      <FormField
        label={newPassword}
        hint={passwordHint}
        inputRef={next}
        fault={missing.next ? required : ""}
        type="password"
        autocomplete="new-password"
        maxLength={128}
        dir="ltr"
      />
      <Tick label={words.endOthers} checked={endOthers} onChange={setEndOthers} />
      <button type="submit" class="button button-primary" aria-disabled={action.busy}>
        {save}
      </button>
    </form>
  );
}
