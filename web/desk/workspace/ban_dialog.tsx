import { useState } from "preact/hooks";
import { Checkbox } from "../../ui/kit/choice";
import { Field } from "../../ui/kit/field";
import type { BanPreview } from "../../wire/identity_wire";
import type { DeskApi } from "../core/desk_api";
import { usePageWords, WithPageWords } from "../core/page_context";
import { ConfirmDialog, WhenReady } from "../ui/page_parts";
import { useResource } from "../ui/use_action";

/** The default and the longest duration of a ban, in days. */
const DAYS = { default: 7, most: 365 };

interface Properties {
  readonly call: DeskApi;
  readonly conversation: string;
  readonly onClose: () => void;
}

/** Bans the visitor of a conversation, and their network if it is selected. */
export function BanDialog(props: Properties) {
  return (
    <WithPageWords>
      <Ban {...props} />
    </WithPageWords>
  );
}

function Ban({ call, conversation, onClose }: Properties) {
  const { bans: words } = usePageWords();
  const [network, setNetwork] = useState(false);
  const [days, setDays] = useState(DAYS.default);
  const [reason, setReason] = useState("");
  const preview = useResource(() => call.get<BanPreview>(`/v1/desk/conversations/${conversation}/ban`));
  return (
    <ConfirmDialog
      title={words.banAsk}
      hint={words.banHint}
      label={words.ban}
      action={() => call.post("/v1/desk/bans", { conversation, days, network, reason: reason.trim() })}
      onClose={onClose}
    >
      <WhenReady of={preview}>
        {({ network_known, others_today }) =>
          network_known ? (
            <>
              <Checkbox label={words.network} checked={network} onChange={setNetwork} />
              <p class="field-hint">
                {words.networkOthers({ count: others_today })} {network ? words.networkHint : words.networkOff}
              </p>
            </>
          ) : (
            <p class="field-hint">{words.networkUnknown}</p>
          )
        }
      </WhenReady>
      <Field
        label={words.days}
        type="number"
        min={1}
        max={DAYS.most}
        value={days}
        onInput={(event: Event) => setDays(Number((event.currentTarget as HTMLInputElement).value))}
      />
      <Field
        label={words.reason}
        type="text"
        maxLength={500}
        dir="auto"
        value={reason}
        onInput={(event: Event) => setReason((event.currentTarget as HTMLInputElement).value)}
      />
    </ConfirmDialog>
  );
}
