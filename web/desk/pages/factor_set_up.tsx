import type { Operator } from "../../shared/wire";
import type { SecurityView } from "../../shared/wire_account";
import type { DeskCall } from "../desk_call";
import { SignedOutCard } from "../signed_out_card";
import "./pages.css";
import { useLoaded } from "./page_act";
import { PageContext, usePage, usePageWords, WithPageWords } from "./page_context";
import { WhenLoaded } from "./page_parts";
import { PasskeySection } from "./passkey_section";
import { StepUpDialog } from "./step_up_dialog";
import { TotpSection } from "./totp_section";

interface Properties {
  readonly call: DeskCall;
  readonly operator: Operator;
  /** A second factor is set up; the session now lasts until then, in milliseconds since 1970. */
  readonly onDone: (expiresAt: number) => Promise<void>;
  readonly onLeave: () => void;
}

/** What an operator without a required second factor sees after their password, before anything else. */
export function FactorSetUp({ call, operator, onDone, onLeave }: Properties) {
  const wish = call.wish.value;
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
  const read = () => call.get<SecurityView>("/v1/desk/me/security");
  const loaded = useLoaded(read);
  const finish = async () => onDone((await read()).expires_at);
  return (
    <SignedOutCard title={entry.factorTitle} hint={entry.factorLead} wide>
      <WhenLoaded of={loaded}>
        {(security) => (
          <>
            <TotpSection security={security} onChanged={finish} />
            <PasskeySection security={security} onChanged={finish} />
          </>
        )}
      </WhenLoaded>
      <button type="button" class="button button-quiet" onClick={onLeave}>
        {cancel}
      </button>
    </SignedOutCard>
  );
}
