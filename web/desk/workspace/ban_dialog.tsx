import { useState } from "preact/hooks";
import type { BanKind } from "../../wire/identity_wire";
import type { DeskApi } from "../core/desk_api";
import { usePageWords, WithPageWords } from "../core/page_context";
import { FormField } from "../ui/form_field";
import { ConfirmDialog, Tick } from "../ui/page_parts";

/** The default and the longest duration of a ban, in days. */
const DAYS = { default: 7, most: 365 };
const KINDS: readonly BanKind[] = ["visitor", "key", "contact", "network"];

interface Properties {
  readonly call: DeskApi;
  readonly conversation: string;
  readonly onClose: () => void;
}

/** Bans the visitor of a conversation by the selected identifiers. */
export function BanDialog(props: Properties) {
  return (
    <WithPageWords>
      <Ban {...props} />
    </WithPageWords>
  );
}

function Ban({ call, conversation, onClose }: Properties) {
  const { bans: words } = usePageWords();
  const [kinds, setKinds] = useState<readonly BanKind[]>(["visitor", "key"]);
  const [days, setDays] = useState(DAYS.default);
  const [reason, setReason] = useState("");
  const tick = (kind: BanKind, on: boolean) =>
    setKinds(on ? [...kinds, kind] : kinds.filter((other) => other !== kind));
  return (
    <ConfirmDialog
      title={words.banAsk}
      hint={words.banHint}
      label={words.ban}
      action={() => call.post("/v1/desk/bans", { conversation, kinds, days, reason: reason.trim() })}
      onClose={onClose}
    >
      <fieldset class="page-choices">
        <legend>{words.how}</legend>
        {KINDS.map((kind) => (
          <Tick key={kind} label={words.kinds[kind]} checked={kinds.includes(kind)} onChange={(on) => tick(kind, on)} />
        ))}
        {kinds.includes("network") && <p class="field-hint">{words.networkHint}</p>}
      </fieldset>
      <FormField
        label={words.days}
        type="number"
        min={1}
        max={DAYS.most}
        value={days}
        onInput={(event: Event) => setDays(Number((event.currentTarget as HTMLInputElement).value))}
      />
      <FormField
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
