import { Field } from "../../ui/kit/field";
import { usePageWords } from "../core/page_context";

interface Properties {
  readonly field: { current: HTMLInputElement | null };
  readonly missing: boolean;
}

/** The field for a new password. Pasting is allowed, because password managers paste. */
export function NewPasswordField({ field, missing }: Properties) {
  const { newPassword, passwordHint, required } = usePageWords();
  return (
    <Field
      label={newPassword}
      hint={passwordHint}
      fault={missing ? required : ""}
      inputRef={field}
      type="password"
      name="new-password"
      autocomplete="new-password"
      maxLength={128}
      dir="ltr"
    />
  );
}
