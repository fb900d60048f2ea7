import { useRef, useState } from "preact/hooks";
import { Button } from "../../ui/kit/button";
import { Field } from "../../ui/kit/field";
import type { PersonRequest, PersonRequests, RequestKind } from "../../wire/request_wire";
import { writePage } from "../core/desk_route";
import { type PageProperties, usePage, usePageWords } from "../core/page_context";
import { ActionStatus, Section, WhenReady } from "../ui/page_parts";
import { useAction, useResource } from "../ui/use_action";
import { DueText } from "./due_text";
import "./privacy.css";
import { type PrivacyTexts, WithPrivacyTexts } from "./privacy_texts";
import { RequestDetails } from "./request_details";

const KINDS: readonly RequestKind[] = ["erase", "export"];

/** The requests of people: all of them, or one. */
export function RequestsPage({ item }: PageProperties) {
  return (
    <WithPrivacyTexts>
      {(texts) => (item === null ? <RequestList texts={texts} /> : <RequestDetails texts={texts} id={item} />)}
    </WithPrivacyTexts>
  );
}

interface Properties {
  readonly texts: PrivacyTexts;
}

function RequestList({ texts }: Properties) {
  const { requests: words } = texts;
  const { call } = usePage();
  const loaded = useResource(() => call.get<PersonRequests>("/v1/desk/requests"));
  return (
    <>
      <p class="page-lead">{words.lead}</p>
      <WhenReady of={loaded}>
        {({ requests }) =>
          requests.length === 0 ? (
            <p class="page-note">{words.none}</p>
          ) : (
            <ul class="page-list">
              {requests.map((request) => (
                <Row key={request.id} texts={texts} request={request} />
              ))}
            </ul>
          )
        }
      </WhenReady>
      <NewRequest texts={texts} />
    </>
  );
}

function Row({ texts, request }: Properties & { readonly request: PersonRequest }) {
  const { requests: words } = texts;
  return (
    <li>
      <div class="page-list-text">
        <a href={writePage("requests", request.id)}>
          <bdi>{request.email || words.noAddress}</bdi>
        </a>
        <span>{words.kinds[request.kind]}</span>
      </div>
      <DueText texts={texts} request={request} />
      <span class={request.status === "done" ? "mark mark-good" : "mark"}>{words.statuses[request.status]}</span>
    </li>
  );
}

function NewRequest({ texts }: Properties) {
  const { requests: words } = texts;
  const { required } = usePageWords();
  const { call } = usePage();
  const [kind, setKind] = useState<RequestKind>("erase");
  const [fault, setFault] = useState("");
  const email = useRef<HTMLInputElement>(null);
  const asked = useRef<HTMLInputElement>(null);
  const action = useAction();
  const submit = async (event: Event) => {
    event.preventDefault();
    const address = email.current?.value.trim() ?? "";
    setFault(address ? "" : required);
    if (!address) return email.current?.focus();
    const day = asked.current?.valueAsNumber ?? Number.NaN;
    await action.run(async () => {
      const body = { kind, email: address, asked_at: Number.isNaN(day) ? null : day };
      const request = await call.post<PersonRequest>("/v1/desk/requests", body);
      location.hash = writePage("requests", request.id);
    });
  };
  return (
    <Section title={words.add}>
      <form class="page-form" onSubmit={submit} noValidate>
        <label class="setting">
          <span>{words.kind}</span>
          <select value={kind} onChange={(event) => setKind(event.currentTarget.value as RequestKind)}>
            {KINDS.map((one) => (
              <option key={one} value={one}>
                {words.kinds[one]}
              </option>
            ))}
          </select>
        </label>
        <Field
          label={words.email}
          fault={fault}
          inputRef={email}
          type="email"
          autocomplete="off"
          spellcheck={false}
          maxLength={254}
          dir="ltr"
        />
        <Field
          label={words.asked}
          inputRef={asked}
          type="date"
          defaultValue={new Date().toISOString().slice(0, 10)}
          max={new Date().toISOString().slice(0, 10)}
        />
        <ActionStatus action={action} />
        <Button kind="primary" type="submit" busy={action.busy}>
          {words.add}
        </Button>
      </form>
    </Section>
  );
}
