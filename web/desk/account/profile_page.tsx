import languageTexts from "texts:language";
import { useRef, useState } from "preact/hooks";
import { LANGUAGES } from "../../i18n/language";
import { Button } from "../../ui/kit/button";
import { Checkbox } from "../../ui/kit/choice";
import { Field } from "../../ui/kit/field";
import { usePage, usePageWords } from "../core/page_context";
import { ExportButton } from "../privacy/export_button";
import { ActionStatus, Section } from "../ui/page_parts";
import { useAction } from "../ui/use_action";
import { EmailSection } from "./email_section";
import { PhotoSection } from "./photo_section";

/** The operator's public profile, and their account details. */
export function ProfilePage() {
  const { profile: words } = usePageWords();
  return (
    <>
      <p class="page-lead">{words.lead}</p>
      <ProfileForm />
      <PhotoSection />
      <EmailSection />
      <OwnDataSection />
    </>
  );
}

/** Downloads everything that is stored about the operator. */
function OwnDataSection() {
  const { profile: words } = usePageWords();
  return (
    <Section title={words.ownData} lead={words.ownDataHint}>
      <ExportButton label={words.download} path="/v1/desk/me/export" />
    </Section>
  );
}

function ProfileForm() {
  const { profile: words, roles, roleHints, pages, save, saved, required } = usePageWords();
  const { call, operator, onOperator } = usePage();
  const field = useRef<HTMLInputElement>(null);
  const [languages, setLanguages] = useState<readonly string[]>(operator.languages ?? []);
  const [fault, setFault] = useState("");
  const action = useAction();
  const tick = (tag: string, on: boolean) =>
    setLanguages(on ? [...languages, tag] : languages.filter((l) => l !== tag));
  const submit = async (event: Event) => {
    event.preventDefault();
    const name = field.current?.value.trim() ?? "";
    setFault(name ? "" : required);
    if (!name) return field.current?.focus();
    const profile = { name, languages: [...languages] };
    if (await action.run(() => call.post("/v1/desk/me", profile), saved)) onOperator(profile);
  };
  return (
    <Section title={pages.profile} first>
      <form class="page-form" onSubmit={submit} noValidate>
        <Field
          label={words.name}
          hint={words.nameHint}
          fault={fault}
          inputRef={field}
          type="text"
          autocomplete="name"
          defaultValue={operator.name}
          maxLength={80}
          dir="auto"
        />
        <fieldset class="page-choices">
          <legend>{words.languages}</legend>
          <p class="field-hint">{words.languagesHint}</p>
          {LANGUAGES.map((tag) => (
            <Checkbox
              key={tag}
              label={<LanguageName language={tag} place={languages.indexOf(tag)} />}
              checked={languages.includes(tag)}
              onChange={(on) => tick(tag, on)}
            />
          ))}
        </fieldset>
        <p class="page-note">
          <strong>
            {words.role}: {roles[operator.role]}.
          </strong>{" "}
          {roleHints[operator.role]}
        </p>
        <ActionStatus action={action} />
        <Button kind="primary" type="submit" busy={action.busy}>
          {save}
        </Button>
      </form>
    </Section>
  );
}

/** A language under its own name. The number is its place in the order. */
function LanguageName({ language, place }: { readonly language: (typeof LANGUAGES)[number]; readonly place: number }) {
  return (
    <>
      <bdi lang={language}>{languageTexts[language].name}</bdi>
      {place >= 0 && <span class="mark">{place + 1}</span>}
    </>
  );
}
