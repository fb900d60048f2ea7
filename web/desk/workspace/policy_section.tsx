import { useRef, useState } from "preact/hooks";
import { Button } from "../../ui/kit/button";
import { Checkbox } from "../../ui/kit/choice";
import { Field } from "../../ui/kit/field";
import type { AccountPolicyRequest, AccountPolicyResponse } from "../../wire/account_wire";
import { usePage, usePageWords } from "../core/page_context";
import { ActionStatus, Section, WhenReady } from "../ui/page_parts";
import { useAction, useResource } from "../ui/use_action";

/** The server has the same limit (sign_in/account_policy_change.py). */
const SHORTEST_SESSION_HOURS = 1;
const SHORTEST_IDLE_MINUTES = 15;

/** The sign-in requirements for the operators of the workspace. */
export function PolicySection() {
  const { policy: words } = usePageWords();
  const { call } = usePage();
  const loaded = useResource(() => call.get<AccountPolicyResponse>("/v1/desk/account-policy"));
  return (
    <Section title={words.title} lead={words.lead}>
      <WhenReady of={loaded}>{(policy) => <PolicyForm policy={policy} onSaved={loaded.reload} />}</WhenReady>
    </Section>
  );
}

interface Properties {
  readonly policy: AccountPolicyResponse;
  readonly onSaved: () => Promise<void>;
}

function PolicyForm({ policy, onSaved }: Properties) {
  const { policy: words, save, saved } = usePageWords();
  const { call } = usePage();
  const date = useRef<HTMLInputElement>(null);
  const hours = useRef<HTMLInputElement>(null);
  const minutes = useRef<HTMLInputElement>(null);
  const [providerOnly, setProviderOnly] = useState(policy.provider_only);
  const [faults, setFaults] = useState({ hours: "", minutes: "" });
  const action = useAction({ invalid: words.refused });
  const hoursRange = words.range({ lowest: SHORTEST_SESSION_HOURS, highest: policy.longest_session_hours });
  const minutesRange = words.range({ lowest: SHORTEST_IDLE_MINUTES, highest: policy.longest_idle_minutes });
  const submit = async (event: Event) => {
    event.preventDefault();
    const badHours = hours.current?.validity.valid === false;
    const badMinutes = minutes.current?.validity.valid === false;
    setFaults({ hours: badHours ? hoursRange : "", minutes: badMinutes ? minutesRange : "" });
    if (badHours) return hours.current?.focus();
    if (badMinutes) return minutes.current?.focus();
    const request: AccountPolicyRequest = {
      second_factor_from: readDate(date.current?.value ?? ""),
      provider_only: providerOnly,
      session_hours: readNumber(hours.current),
      idle_minutes: readNumber(minutes.current),
    };
    await action.run(async () => {
      await call.post("/v1/desk/account-policy", request);
      await onSaved();
    }, saved);
  };
  const mayTurnOn = policy.provider_possible || policy.provider_only;
  return (
    <form class="page-form" onSubmit={submit} noValidate>
      <Field
        label={words.secondFactor}
        hint={words.secondFactorHint({ without: policy.without_second_factor })}
        inputRef={date}
        type="date"
        defaultValue={writeDate(policy.second_factor_from)}
      />
      <Field
        label={words.sessionHours}
        hint={hoursRange}
        fault={faults.hours}
        inputRef={hours}
        type="number"
        min={SHORTEST_SESSION_HOURS}
        max={policy.longest_session_hours}
        defaultValue={String(policy.session_hours ?? "")}
      />
      <Field
        label={words.idleMinutes}
        hint={minutesRange}
        fault={faults.minutes}
        inputRef={minutes}
        type="number"
        min={SHORTEST_IDLE_MINUTES}
        max={policy.longest_idle_minutes}
        defaultValue={String(policy.idle_minutes ?? "")}
      />
      {mayTurnOn && <Checkbox label={words.providerOnly} checked={providerOnly} onChange={setProviderOnly} />}
      <p class="page-note">
        {!mayTurnOn && `${words.providerOnly}: `}
        {mayTurnOn ? words.providerHint : words.providerFirst}
      </p>
      <ActionStatus action={action} />
      <Button kind="primary" type="submit" busy={action.busy}>
        {save}
      </Button>
    </form>
  );
}

/** Return the beginning of the day in the operator's time zone, in milliseconds since 1970. */
export function readDate(text: string): number | null {
  const time = text ? new Date(`${text}T00:00:00`).getTime() : Number.NaN;
  return Number.isNaN(time) ? null : time;
}

/** Return the value for a date field; empty for null. */
export function writeDate(time: number | null): string {
  if (time === null) return "";
  const date = new Date(time);
  const two = (part: number) => String(part).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

function readNumber(field: HTMLInputElement | null): number | null {
  return field?.value ? field.valueAsNumber : null;
}
