import { useState } from "preact/hooks";
import type { HandoverResponse, OperatorResponse } from "../../wire/people_wire";
import { usePage, usePageWords } from "../core/page_context";
import { ConfirmDialog, WhenReady } from "../ui/page_parts";
import { useResource } from "../ui/use_action";
import type { PeopleProperties } from "./people_properties";

interface Properties extends PeopleProperties {
  readonly person: OperatorResponse;
  readonly action: "disable" | "anonymise";
  readonly onClose: () => void;
}

/** Disables an operator, or makes the operator anonymous, and hands their work over to a colleague. */
export function LeaveDialog({ person, view, action, onDone, onClose }: Properties) {
  const { people: words } = usePageWords();
  const { call } = usePage();
  const [to, setTo] = useState("");
  const path = `/v1/desk/people/${person.id}`;
  const loaded = useResource(() => call.get<HandoverResponse>(`${path}/handover`));
  const colleagues = view.people.filter(({ id, status }) => id !== person.id && status === "active");
  const disables = action === "disable";
  return (
    <ConfirmDialog
      title={disables ? words.disableAsk({ name: person.name }) : words.anonymiseAsk({ name: person.name })}
      hint={disables ? words.disableHint : words.anonymiseHint}
      label={disables ? words.disable : words.anonymise}
      action={() => call.post(`${path}/${action}`, { to: to || null })}
      onDone={() => onDone(words.done)}
      onClose={onClose}
    >
      <WhenReady of={loaded}>
        {({ things }) =>
          things.length === 0 ? (
            <p class="page-note">{words.handoverNone}</p>
          ) : (
            <>
              <p class="page-note">{words.handoverLead}</p>
              <ul class="page-note">
                {things.map(({ kind, count }) => (
                  <li key={kind}>{words.things[kind]({ count })}</li>
                ))}
              </ul>
              <div class="field">
                <label for="handover-to">{words.handover}</label>
                <select
                  id="handover-to"
                  aria-describedby="handover-hint"
                  value={to}
                  onChange={(event) => setTo(event.currentTarget.value)}
                >
                  <option value="">{words.noColleague}</option>
                  {colleagues.map(({ id, name }) => (
                    <option key={id} value={id}>
                      {name}
                    </option>
                  ))}
                </select>
                <p class="field-hint" id="handover-hint">
                  {words.handoverHint}
                </p>
              </div>
            </>
          )
        }
      </WhenReady>
    </ConfirmDialog>
  );
}
