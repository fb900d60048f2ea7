import { useRef, useState } from "preact/hooks";
import { Button } from "../../ui/kit/button";
import { Field } from "../../ui/kit/field";
import { usePage, usePageWords } from "../core/page_context";
import { ActionStatus, Section } from "../ui/page_parts";
import { useAction } from "../ui/use_action";

/** The address for signing in. A new one becomes valid when its link is opened. */
export function EmailSection() {
  const { profile: words, required, cancel } = usePageWords();
  const { call, operator } = usePage();
  const [open, setOpen] = useState(false);
  const [fault, setFault] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const action = useAction();
  const submit = async (event: Event) => {
    event.preventDefault();
    const email = field.current?.value.trim() ?? "";
    setFault(email ? "" : required);
    if (!email) return field.current?.focus();
    if (await action.run(() => call.post("/v1/desk/me/email", { email }), words.emailSent)) setOpen(false);
  };
  return (
    <Section title={words.email} lead={words.emailHint}>
      <p class="page-note">
        <bdi>{operator.email}</bdi>
      </p>
      {open ? (
        <form class="page-form" onSubmit={submit} noValidate>
          <Field
            label={words.newEmail}
            inputRef={field}
            fault={fault}
            type="email"
            autocomplete="email"
            maxLength={254}
            spellcheck={false}
            dir="ltr"
          />
          <div class="form-buttons">
            <Button kind="primary" type="submit" busy={action.busy}>
              {words.changeEmail}
            </Button>
            <Button onClick={() => setOpen(false)}>{cancel}</Button>
          </div>
        </form>
      ) : (
        <Button onClick={() => setOpen(true)}>{words.changeEmail}</Button>
      )}
      <ActionStatus action={action} />
    </Section>
  );
}
