import { FormField } from "../form_field";
import { usePageWords } from "./page_context";

interface Properties {
  readonly field: { current: HTMLInputElement | null };
  readonly missing: boolean;
}

/** Where a password is chosen. Pasting is welcome: password managers do it. */
export function NewPasswordField({ field, missing }: Properties) {
  const { newPassword, passwordHint, required } = usePageWords();
  return (
    <FormField
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
