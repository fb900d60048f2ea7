import { useRef, useState } from "preact/hooks";
import type { SignInAnswer } from "../../shared/wire_account";
import type { InvitationView } from "../../shared/wire_people";
import { chooseLanguage } from "../../shared/words_choose";
import { useSpeech } from "../desk_context";
import { FormField } from "../form_field";
import { newKey, timeZone } from "../sign_in_call";
import { SignedOutCard } from "../signed_out_card";
import { type EntryProperties, WhenLinkWorks } from "./entry_view";
import { NewPasswordField } from "./new_password_field";
import { useAct } from "./page_act";
import { usePageWords } from "./page_context";
import { Outcome } from "./page_parts";

/** Joins a workspace by invitation: a name, a password, and one is in. */
export function InviteEntry(given: EntryProperties) {
  const { api, secret, onLeave } = given;
  const read = () => api.post<InvitationView>("/v1/invitations/read", { secret }, { signed: false });
  return (
    <WhenLinkWorks read={read} onLeave={onLeave}>
      {(invitation) => <InviteForm invitation={invitation} {...given} />}
    </WhenLinkWorks>
  );
}

function InviteForm({ invitation, api, secret, onEntered }: EntryProperties & { readonly invitation: InvitationView }) {
  const { entry, profile, roles, roleHints, required } = usePageWords();
  const { language } = useSpeech();
  const name = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);
  const [missing, setMissing] = useState({ name: false, password: false });
  const act = useAct();
  const submit = async (event: Event) => {
    event.preventDefault();
    const given = { name: name.current?.value.trim() ?? "", password: password.current?.value ?? "" };
    setMissing({ name: !given.name, password: !given.password });
    if (!given.name || !given.password) return (given.name ? password : name).current?.focus();
    await act.run(async () => {
      const key = await newKey();
      const languages = [chooseLanguage(language).language];
      const body = { secret, ...given, languages, time_zone: timeZone() };
      const answer = await api.post<SignInAnswer>("/v1/invitations/accept", body, { key });
      await onEntered({ answer, key });
    });
  };
  return (
    <SignedOutCard title={entry.inviteTitle(invitation.workspace_name)} hint={entry.inviteLead(invitation.invited_by)}>
      <form class="sign-in-form" onSubmit={submit} noValidate>
        <p class="page-note">
          <strong>{roles[invitation.role]}.</strong> {roleHints[invitation.role]}
        </p>
        <FormField
          label={entry.email}
          type="email"
          autocomplete="username"
          value={invitation.email}
          readOnly
          dir="ltr"
        />
        <FormField
          label={entry.yourName}
          hint={profile.nameHint}
          inputRef={name}
          fault={missing.name ? required : ""}
          type="text"
          autocomplete="name"
          defaultValue={invitation.name}
          maxLength={80}
          dir="auto"
        />
        <NewPasswordField field={password} missing={missing.password} />
        <Outcome act={act} />
        <button type="submit" class="button button-primary" aria-disabled={act.busy}>
          {entry.join}
        </button>
      </form>
    </SignedOutCard>
  );
}
