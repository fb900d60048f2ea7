import { useEffect, useRef, useState } from "preact/hooks";
import { Button } from "../../ui/kit/button";
import { Field } from "../../ui/kit/field";
import type { OidcProviderName, PasskeyOptions, SecurityResponse } from "../../wire/account_wire";
import type { DeskApi, StepUpPrompt } from "../core/desk_api";
import { useTranslations } from "../core/desk_context";
import { usePageWords, WithPageWords } from "../core/page_context";
import { askPasskey, passkeysWork } from "../core/passkey";
import { DialogFrame } from "../ui/dialog";
import { ActionStatus } from "../ui/page_parts";
import { useAction, useResource } from "../ui/use_action";
import { OtherWays } from "./alternative_sign_in";
import { startRedirect } from "./oidc_redirect";
import { readProviders } from "./sign_in_api";

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
      <Field
        label={words.password}
        inputRef={password}
        fault={fault}
        type="password"
        name="password"
        autocomplete="current-password"
        dir="ltr"
      />
      {totp && (
        <Field
          label={stepUp.code}
          inputRef={code}
          type="text"
          name="code"
          autocomplete="one-time-code"
          dir="ltr"
          maxLength={32}
        />
      )}
      <Button kind="primary" type="submit" busy={busy}>
        {stepUp.confirm}
      </Button>
    </form>
  );
}
