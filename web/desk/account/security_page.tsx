import type { SecurityResponse } from "../../wire/account_wire";
import { usePage, usePageWords } from "../core/page_context";
import { WhenReady } from "../ui/page_parts";
import { useResource } from "../ui/use_action";
import { OidcAccountsSection } from "./oidc_account_section";
import { PasskeySection } from "./passkey_section";
import { PasswordSection } from "./password_section";
import { SessionSection } from "./session_section";
import { TotpSection } from "./totp_section";

/** The operator's sign-in methods and sessions. */
export function SecurityPage() {
  const { security: words } = usePageWords();
  const { call } = usePage();
  const loaded = useResource(() => call.get<SecurityResponse>("/v1/desk/me/security"));
  return (
    <>
      <p class="page-lead">{words.lead}</p>
      <WhenReady of={loaded}>
        {(security) => {
          const props = { security, onChanged: loaded.reload };
          return (
            <>
              <PasswordSection {...props} />
              <PasskeySection {...props} />
              <TotpSection {...props} />
              <OidcAccountsSection {...props} />
              <SessionSection {...props} />
            </>
          );
        }}
      </WhenReady>
    </>
  );
}
