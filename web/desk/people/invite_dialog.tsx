import languageTexts from "texts:language";
import { useEffect, useRef, useState } from "preact/hooks";
import { chooseLanguage, LANGUAGES } from "../../i18n/language";
import { Button } from "../../ui/kit/button";
import { Field } from "../../ui/kit/field";
import type { OperatorRole } from "../../wire/permissions";
import { useTranslations } from "../core/desk_context";
import { usePage, usePageWords } from "../core/page_context";
import { DialogFrame } from "../ui/dialog";
import { ActionStatus } from "../ui/page_parts";
import { useAction } from "../ui/use_action";
import type { PeopleProperties } from "./people_properties";
import { RoleChoice, TeamChoice } from "./role_choice";

export function InviteDialog({ view, onDone, onClose }: PeopleProperties & { readonly onClose: () => void }) {
  const { people: words, required, cancel } = usePageWords();
  const { call } = usePage();
  const speech = useTranslations();
  const email = useRef<HTMLInputElement>(null);
  const name = useRef<HTMLInputElement>(null);
  const [role, setRole] = useState<OperatorRole>("operator");
  const [teams, setTeams] = useState<readonly string[]>([]);
  const [language, setLanguage] = useState(chooseLanguage(speech.language).language);
  const [fault, setFault] = useState("");
  const action = useAction();
  useEffect(() => email.current?.focus(), []);
  const submit = async (event: Event) => {
    event.preventDefault();
    const address = email.current?.value.trim() ?? "";
    setFault(address ? "" : required);
    if (!address) return email.current?.focus();
    const request = { email: address, name: name.current?.value.trim() ?? "", role, teams, language };
    if (!(await action.run(() => call.post("/v1/desk/people/invite", request)))) return;
    onDone(words.invited({ email: address }));
    onClose();
  };
  return (
    <DialogFrame name="invite" title={words.invite} onClose={onClose}>
      <form class="page-form" onSubmit={submit} noValidate>
        <p class="page-note">{words.inviteHint}</p>
        <Field
          label={words.email}
          inputRef={email}
          fault={fault}
          type="email"
          autocomplete="off"
          maxLength={254}
          spellcheck={false}
          dir="ltr"
        />
        <Field label={words.inviteName} inputRef={name} type="text" autocomplete="off" maxLength={80} dir="auto" />
        <RoleChoice role={role} onRole={setRole} />
        <TeamChoice all={view.teams} chosen={teams} onChosen={setTeams} />
        <label class="setting">
          <span>{words.language}</span>
          <select
            value={language}
            onChange={(event) => setLanguage(chooseLanguage(event.currentTarget.value).language)}
          >
            {LANGUAGES.map((tag) => (
              <option key={tag} value={tag}>
                {languageTexts[tag].name}
              </option>
            ))}
          </select>
        </label>
        <ActionStatus action={action} />
        <div class="form-buttons">
          <Button kind="primary" type="submit" busy={action.busy}>
            {words.send}
          </Button>
          <Button onClick={onClose}>{cancel}</Button>
        </div>
      </form>
    </DialogFrame>
  );
}
