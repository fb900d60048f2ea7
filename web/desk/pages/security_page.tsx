import type { SecurityResponse } from "../../shared/wire_account";
import { OidcAccountsSection } from "./identity_section";
import { useResource } from "./page_act";
import { usePage, usePageWords } from "./page_context";
import { WhenReady } from "./page_parts";
import { PasskeySection } from "./passkey_section";
import { PasswordSection } from "./password_section";
import { SessionSection } from "./session_section";
import { TotpSection } from "./totp_section";

/** What each part of the page is given. */
export interface SecurityProperties {
  readonly security: SecurityResponse;
  /** Something was changed: loads the page's facts again. */
  readonly onChanged: () => Promise<void>;
}

/** How the operator signs in, and where they are signed in. */
export function SecurityPage() {
  const { security: words } = usePageWords();
  const { call } = usePage();
  const loaded = useResource(() => call.get<SecurityResponse>("/v1/desk/me/security"));
  return (
    <>
      <p class="page-lead">{words.lead}</p>
      <WhenReady of={loaded}>
        {(security) => {
          const given = { security, onChanged: loaded.reload };
          return (
            <>
              <PasswordSection {...given} />
              <PasskeySection {...given} />
              <TotpSection {...given} />
              <OidcAccountsSection {...given} />
              <SessionSection {...given} />
            </>
          );
        }}
      </WhenReady>
    </>
  );
}
