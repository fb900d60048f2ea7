import { useState } from "preact/hooks";
import { Button } from "../../ui/kit/button";
import type { OidcAccountResponse } from "../../wire/account_wire";
import { usePage, usePageWords } from "../core/page_context";
import { startRedirect } from "../sign_in/oidc_redirect";
import { readProviders } from "../sign_in/sign_in_api";
import { ActionStatus, ConfirmDialog, Section, When } from "../ui/page_parts";
import { useAction, useResource } from "../ui/use_action";
import type { SecurityProperties } from "./security_properties";

/** Accounts at OpenID providers that sign the operator in; empty if the installation has no provider. */
export function OidcAccountsSection({ security, onChanged }: SecurityProperties) {
  const { security: words, faults } = usePageWords();
  const { call } = usePage();
  const [removing, setRemoving] = useState<OidcAccountResponse | null>(null);
  const action = useAction();
  const providers = useResource(() => readProviders(call.api)).value ?? [];
  const { oidc_accounts: identities } = security;
  const leave = async (id: string) => {
    const begin = () => startRedirect(call.api, id, "link", location.hash);
    location.assign(await call.withStepUp(begin));
  };
  if (providers.length + identities.length === 0) return null;
  return (
    <Section title={words.identities} lead={words.identitiesHint}>
      {identities.length > 0 && (
        <ul class="page-list">
          {identities.map((account) => (
            <OidcAccountRow
              key={`${account.issuer} ${account.subject}`}
              identity={account}
              onRemove={() => setRemoving(account)}
            />
          ))}
        </ul>
      )}
      <div class="form-buttons">
        {providers.map(({ id, name }) => (
          <Button key={id} onClick={() => void action.run(() => leave(id))}>
            <bdi>{words.connect({ name })}</bdi>
          </Button>
        ))}
      </div>
      <ActionStatus action={action} />
      {removing && (
        <ConfirmDialog
          errorTexts={{ invalid: faults.last_way }}
          title={words.disconnectAsk({ name: removing.provider_name })}
          hint={words.disconnectHint}
          label={words.disconnect}
          action={() => {
            const { issuer, subject } = removing;
            return call.post("/v1/desk/me/oidc-accounts/remove", { issuer, subject });
          }}
          onDone={() => void action.run(onChanged, words.disconnected)}
          onClose={() => setRemoving(null)}
        />
      )}
    </Section>
  );
}

interface RowProperties {
  readonly identity: OidcAccountResponse;
  readonly onRemove: () => void;
}

function OidcAccountRow({ identity, onRemove }: RowProperties) {
  const { security: words, never } = usePageWords();
  return (
    <li>
      <div class="page-list-text">
        <strong>
          <bdi>{identity.provider_name}</bdi>
        </strong>
        <span>
          <bdi>{identity.label}</bdi> · {words.lastUsed}:{" "}
          {identity.last_used_at === null ? never : <When at={identity.last_used_at} />}
        </span>
      </div>
      <Button kind="quiet" onClick={onRemove}>
        {words.disconnect} <span class="hidden">{identity.provider_name}</span>
      </Button>
    </li>
  );
}
