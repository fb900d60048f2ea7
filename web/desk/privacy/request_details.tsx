import { useState } from "preact/hooks";
import { Button } from "../../ui/kit/button";
import { Icon } from "../../ui/kit/icon";
import { chevronLeft } from "../../ui/kit/icons";
import type { PeopleResponse } from "../../wire/people_wire";
import type { PersonRequest, PersonRequestDetails } from "../../wire/request_wire";
import { useTranslations } from "../core/desk_context";
import { writePage } from "../core/desk_route";
import { usePage } from "../core/page_context";
import { formatMoment } from "../ui/format_time";
import { ActionStatus, ConfirmDialog, Section, WhenReady } from "../ui/page_parts";
import { type Resource, useAction, useResource } from "../ui/use_action";
import { Counts } from "./counts";
import { countsText } from "./deletion_section";
import { DueText } from "./due_text";
import { ExportButton } from "./export_button";
import type { PrivacyTexts } from "./privacy_texts";

interface Properties {
  readonly texts: PrivacyTexts;
  readonly id: string;
}

/** One request: what is stored about the person, and the actions that close it. */
export function RequestDetails({ texts, id }: Properties) {
  const { requests: words } = texts;
  const { call } = usePage();
  const loaded = useResource(() => call.get<PersonRequestDetails>(`/v1/desk/requests/${id}`), [id]);
  return (
    <>
      <p>
        <a class="page-up" href={writePage("requests")}>
          <Icon of={chevronLeft} flips />
          {words.all}
        </a>
      </p>
      <WhenReady of={loaded}>{(details) => <Details texts={texts} details={details} loaded={loaded} />}</WhenReady>
    </>
  );
}

interface DetailProperties {
  readonly texts: PrivacyTexts;
  readonly details: PersonRequestDetails;
  readonly loaded: Resource<PersonRequestDetails>;
}

function Details({ texts, details, loaded }: DetailProperties) {
  const { requests: words } = texts;
  const { request, receipt } = details;
  const { language } = useTranslations();
  const { call } = usePage();
  const people = useResource(() => call.get<PeopleResponse>("/v1/desk/people")).value?.people ?? [];
  const handler = people.find((one) => one.id === request.operator)?.name ?? words.nobody;
  return (
    <>
      <Section title={words.kinds[request.kind]} lead={<bdi>{request.email || words.noAddress}</bdi>}>
        <dl class="page-facts">
          <Fact title={words.statuses[request.status]}>
            <DueText texts={texts} request={request} />
          </Fact>
          <Fact title={words.handler}>
            <bdi>{handler}</bdi>
          </Fact>
        </dl>
      </Section>
      {request.status === "open" && <OpenRequest texts={texts} details={details} loaded={loaded} />}
      {receipt && (
        <Section title={words.receipt} lead={words.receiptHint}>
          <dl class="page-facts">
            <Fact title={receipt.finished_at === null ? "" : formatMoment(receipt.finished_at, language)}>
              {countsText(receipt, texts, language)}
            </Fact>
            <Fact title="ID">
              <bdi>{receipt.id}</bdi>
            </Fact>
          </dl>
        </Section>
      )}
    </>
  );
}

function Fact({ title, children }: { readonly title: string; readonly children: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{title}</dt>
      <dd>{children}</dd>
    </div>
  );
}

type Asked = "erase" | "done" | "declined" | null;

function OpenRequest({ texts, details, loaded }: DetailProperties) {
  const { requests: words, retention: counted } = texts;
  const { request, found } = details;
  const { call, operator } = usePage();
  const [asks, setAsks] = useState<Asked>(null);
  const action = useAction();
  const take = () =>
    void action.run(async () => {
      const taken = await call.post<PersonRequest>(`/v1/desk/requests/${request.id}/take`);
      loaded.put({ ...details, request: taken });
    });
  return (
    <Section title={words.found} lead={words.check}>
      {found.visitors === 0 ? (
        <p class="page-note">{words.foundNone}</p>
      ) : (
        <Counts
          of={[
            [counted.conversations, found.conversations],
            [counted.messages, found.messages],
            [counted.contacts, found.contacts],
            [counted.receipts, found.receipts],
          ]}
        />
      )}
      <div class="form-buttons">
        {request.operator !== operator.id && <Button onClick={take}>{words.take}</Button>}
        <ExportButton label={words.export} path={`/v1/desk/requests/${request.id}/export`} />
        {request.kind === "erase" ? (
          <Button onClick={() => setAsks("erase")}>{words.erase}</Button>
        ) : (
          <Button onClick={() => setAsks("done")}>{words.sent}</Button>
        )}
        <Button onClick={() => setAsks("declined")}>{words.decline}</Button>
      </div>
      <ActionStatus action={action} />
      {asks && <Confirm asks={asks} texts={texts} details={details} loaded={loaded} onClose={() => setAsks(null)} />}
    </Section>
  );
}

interface ConfirmProperties extends DetailProperties {
  readonly asks: NonNullable<Asked>;
  readonly onClose: () => void;
}

function Confirm({ asks, texts, details, loaded, onClose }: ConfirmProperties) {
  const { requests: words } = texts;
  const { call } = usePage();
  const path = `/v1/desk/requests/${details.request.id}`;
  const erases = asks === "erase";
  const act = async () => {
    if (erases) loaded.put(await call.post<PersonRequestDetails>(`${path}/erase`));
    else loaded.put({ ...details, request: await call.post<PersonRequest>(`${path}/close`, { status: asks }) });
  };
  return (
    <ConfirmDialog
      title={erases ? words.eraseAsk({ email: details.request.email }) : words.statuses[asks]}
      hint={erases ? words.eraseHint({ count: details.found.conversations }) : words.closeHint}
      label={erases ? words.eraseConfirm : asks === "done" ? words.sent : words.decline}
      action={act}
      onClose={onClose}
    />
  );
}
