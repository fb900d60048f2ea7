import { useRef, useState } from "preact/hooks";
import type { Api } from "../../core/api";
import { chooseLanguage } from "../../i18n/language";
import { Button } from "../../ui/kit/button";
import { Field } from "../../ui/kit/field";
import type { InvitationUse, PasskeyOptions, SignInResponse } from "../../wire/account_wire";
import type { InvitationResponse } from "../../wire/people_wire";
import { useTranslations } from "../core/desk_context";
import { usePageWords } from "../core/page_context";
import { makePasskey, passkeysWork } from "../core/passkey";
import { ActionStatus } from "../ui/page_parts";
import { SignedOutCard } from "../ui/signed_out_card";
import { useAction, useResource } from "../ui/use_action";
import { OtherWays } from "./alternative_sign_in";
import { type EntryProperties, WhenLinkWorks } from "./link_check";
import { NewPasswordField } from "./new_password_field";
import { startRedirect } from "./oidc_redirect";
import { type NewSession, newKey, readProviders, timeZone } from "./sign_in_api";

/** Accepts an invitation to a workspace: a name, and a password, a passkey or an account at a provider. */
export function InviteEntry(props: EntryProperties) {
  const { api, secret, onLeave } = props;
  const read = () => api.post<InvitationResponse>("/v1/invitations/read", { secret }, { signed: false });
  return (
    <WhenLinkWorks read={read} onLeave={onLeave}>
      {(invitation) => <InviteForm invitation={invitation} {...props} />}
    </WhenLinkWorks>
  );
}

async function joinWithPasskey(api: Api, use: InvitationUse): Promise<NewSession> {
  const key = await newKey();
  const { one_time_token, options } = await api.post<PasskeyOptions>("/v1/invitations/passkey/options", use, { key });
  const body = { one_time_token, credential: await makePasskey(options), time_zone: timeZone() };
  return { answer: await api.post<SignInResponse>("/v1/invitations/passkey", body, { key }), key };
}

function InviteForm({
  invitation,
  api,
  secret,
  onEntered,
}: EntryProperties & { readonly invitation: InvitationResponse }) {
  const { entry, profile, roles, roleHints, required } = usePageWords();
  const { language } = useTranslations();
  const name = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);
  const [missing, setMissing] = useState({ name: false, password: false });
  const action = useAction();
  const providers = useResource(() => readProviders(api));
  /** Return the data for joining once there is a name. */
  const use = (): InvitationUse | null => {
    const enteredName = name.current?.value.trim() ?? "";
    setMissing({ name: !enteredName, password: false });
    if (enteredName) return { secret, name: enteredName, languages: [chooseLanguage(language).language] };
    name.current?.focus();
    return null;
  };
  const joinBy = (way: (used: InvitationUse) => Promise<unknown>) => {
    const used = use();
    if (used) void action.run(() => way(used));
  };
  const submit = async (event: Event) => {
    event.preventDefault();
    const used = use();
    const newPassword = password.current?.value ?? "";
    setMissing({ name: !used, password: !newPassword });
    if (used && !newPassword) password.current?.focus();
    if (!used || !newPassword) return;
    await action.run(async () => {
      const key = await newKey();
      const body = { ...used, password: newPassword, time_zone: timeZone() };
      const answer = await api.post<SignInResponse>("/v1/invitations/accept", body, { key });
      await onEntered({ answer, key });
    });
  };
  return (
    <SignedOutCard
      title={entry.inviteTitle({ workspace: invitation.workspace_name })}
      hint={entry.inviteLead({ by: invitation.invited_by })}
    >
      <form class="sign-in-form" onSubmit={submit} noValidate>
        <p class="page-note">
          <strong>{roles[invitation.role]}.</strong> {roleHints[invitation.role]}
        </p>
        <Field label={entry.email} type="email" autocomplete="username" value={invitation.email} readOnly dir="ltr" />
        <Field
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
        <ActionStatus action={action} />
        <Button kind="primary" type="submit" busy={action.busy}>
          {entry.join}
        </Button>
      </form>
      <OtherWays
        passkey={passkeysWork()}
        providers={providers.value ?? []}
        onPasskey={() => joinBy(async (used) => onEntered(await joinWithPasskey(api, used)))}
        onProvider={(id) =>
          joinBy(async (used) => location.assign(await startRedirect(api, id, "invitation", "", used)))
        }
      />
    </SignedOutCard>
  );
}
