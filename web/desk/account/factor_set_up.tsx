import { Button } from "../../ui/kit/button";
import type { SecurityResponse } from "../../wire/account_wire";
import type { Operator } from "../../wire/frames";
import type { DeskApi } from "../core/desk_api";
import { SignedOutCard } from "../ui/signed_out_card";
import "../ui/pages.css";
import { PageContext, usePage, usePageWords, WithPageWords } from "../core/page_context";
import { StepUpDialog } from "../sign_in/step_up_dialog";
import { WhenReady } from "../ui/page_parts";
import { useResource } from "../ui/use_action";
import { PasskeySection } from "./passkey_section";
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
      <Button kind="quiet" onClick={onLeave}>
        {cancel}
      </Button>
    </SignedOutCard>
  );
}
