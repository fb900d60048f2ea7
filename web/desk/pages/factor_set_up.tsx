import type { Operator } from "../../shared/wire";
import type { SecurityResponse } from "../../shared/wire_account";
import type { DeskApi } from "../desk_call";
import { SignedOutCard } from "../signed_out_card";
import "./pages.css";
import { useResource } from "./page_act";
import { PageContext, usePage, usePageWords, WithPageWords } from "./page_context";
import { WhenReady } from "./page_parts";
import { PasskeySection } from "./passkey_section";
import { StepUpDialog } from "./step_up_dialog";
import { TotpSection } from "./totp_section";

interface Properties {
  readonly call: DeskApi;
  readonly operator: Operator;
  /** A second factor is set up. The session now expires at this time, in milliseconds since 1970. */
  readonly onDone: (expiresAt: number) => Promise<void>;
  readonly onLeave: () => void;
}

/** The page for an operator without a required second factor, directly after the password. */
export function FactorSetUp({ call, operator, onDone, onLeave }: Properties) {
  const wish = call.prompt.value;
  return (
    <WithPageWords>
      <PageContext.Provider value={{ call, operator, onOperator: () => {} }}>
        <Ways onDone={onDone} onLeave={onLeave} />
        {wish && <StepUpDialog call={call} wish={wish} />}
      </PageContext.Provider>
    </WithPageWords>
  );
}

function Ways({ onDone, onLeave }: Pick<Properties, "onDone" | "onLeave">) {
  const { entry, cancel } = usePageWords();
  const { call } = usePage();
  const read = () => call.get<SecurityResponse>("/v1/desk/me/security");
  const loaded = useResource(read);
  const finish = async () => onDone((await read()).expires_at);
  return (
    <SignedOutCard title={entry.factorTitle} hint={entry.factorLead} wide>
      <WhenReady of={loaded}>
        {(security) => (
          <>
            <TotpSection security={security} onChanged={finish} />
            <PasskeySection security={security} onChanged={finish} />
          </>
        )}
      </WhenReady>
      <button type="button" class="button button-quiet" onClick={onLeave}>
        {cancel}
      </button>
    </SignedOutCard>
  );
}
