import { useEffect, useRef, useState } from "preact/hooks";
import type { OidcProviderName, PasskeyOptions, SecurityResponse } from "../../shared/wire_account";
import type { DeskApi, StepUpPrompt } from "../desk_call";
import { useTranslations } from "../desk_context";
import { DialogFrame } from "../dialog_frame";
import { FormField } from "../form_field";
import { askPasskey, passkeysWork } from "../passkey_ask";
import { startRedirect } from "../provider_visit";
import { readProviders } from "../sign_in_call";
import { OtherWays } from "./other_ways";
import { useAction, useResource } from "./page_act";
import { usePageWords, WithPageWords } from "./page_context";
import { ActionStatus } from "./page_parts";

interface Properties {
  readonly call: DeskApi;
  readonly wish: StepUpPrompt;
}

/** Asks for the password or a passkey again before a sensitive action. It shows no text that people have written. */
export function StepUpDialog(props: Properties) {
  return (
    <WithPageWords>
      <StepUp {...props} />
    </WithPageWords>
  );
}

interface Ways {
  readonly security: SecurityResponse | null;
  readonly providers: readonly OidcProviderName[];
}

function StepUp({ call, wish }: Properties) {
  const { stepUp } = usePageWords();
  const { api } = call;
  const action = useAction();
  const ways = useResource<Ways>(async () => {
    const security = await api.get<SecurityResponse>("/v1/desk/me/security").catch(() => null);
    const linked = new Set(security?.oidc_accounts.map((account) => account.provider_name));
    const providers = linked.size > 0 ? await readProviders(api).catch(() => []) : [];
    return { security, providers: providers.filter((provider) => linked.has(provider.name)) };
  });
  // The dialog's own `close` event also follows an answer.
  const answered = useRef(false);
  const answer = (shown: boolean) => {
    if (answered.current) return;
    answered.current = true;
    wish.answer(shown);
  };
  const pass = async (show: () => Promise<unknown>) => {
    if (await action.run(show)) answer(true);
  };
  const byPasskey = async () => {
    const challenge = await api.post<PasskeyOptions>("/v1/desk/step-up/passkey/options", {});
    const credential = await askPasskey(challenge.options);
    await api.post("/v1/desk/step-up/passkey", { one_time_token: challenge.one_time_token, credential });
  };
  const leave = async (id: string) => location.assign(await startRedirect(api, id, "step-up", location.hash));
  const security = ways.value?.security ?? null;
  return (
    <DialogFrame name="step-up" title={stepUp.title} onClose={() => answer(false)}>
      <p class="page-lead">{stepUp.hint}</p>
      {security?.password !== false && (
        <PasswordForm
          totp={security?.totp ?? false}
          busy={action.busy}
          onGiven={(body) => void pass(() => api.post("/v1/desk/step-up", body))}
        />
      )}
      <ActionStatus action={action} />
      <OtherWays
        passkey={passkeysWork() && (security?.passkeys.length ?? 0) > 0}
        providers={ways.value?.providers ?? []}
        onPasskey={() => void pass(byPasskey)}
        onProvider={(id) => void action.run(() => leave(id))}
        alone={security?.password === false}
      />
    </DialogFrame>
  );
}

interface PasswordProperties {
  readonly totp: boolean;
  readonly busy: boolean;
  readonly onGiven: (body: { password: string; code: string }) => void;
}

function PasswordForm({ totp, busy, onGiven }: PasswordProperties) {
  const { words } = useTranslations();
  const { stepUp, required } = usePageWords();
  const password = useRef<HTMLInputElement>(null);
  const code = useRef<HTMLInputElement>(null);
  const [fault, setFault] = useState("");
  useEffect(() => password.current?.focus(), []);
  const submit = (event: Event) => {
    event.preventDefault();
    if (busy) return;
    const values = { password: password.current?.value ?? "", code: code.current?.value.trim() ?? "" };
    setFault(values.password ? "" : required);
    if (values.password) onGiven(values);
    else password.current?.focus();
  };
  return (
    <form class="page-form" onSubmit={submit} noValidate>
      <FormField
        label={words.password}
        inputRef={password}
        fault={fault}
        type="password"
        name="password"
        autocomplete="current-password"
        dir="ltr"
      />
      {totp && (
        <FormField
          label={stepUp.code}
          inputRef={code}
          type="text"
          name="code"
          autocomplete="one-time-code"
          dir="ltr"
          maxLength={32}
        />
      )}
      <button type="submit" class="button button-primary" aria-disabled={busy}>
        {stepUp.confirm}
      </button>
    </form>
  );
}
