import { useState } from "preact/hooks";
import { Avatar } from "../../ui/kit/avatar";
import { Button } from "../../ui/kit/button";
import { type Column, Table } from "../../ui/kit/table";
import type { OperatorResponse, PeopleResponse } from "../../wire/people_wire";
import { usePage, usePageWords } from "../core/page_context";
import { ActionStatus, Section, When, WhenReady } from "../ui/page_parts";
import { useAction, useResource } from "../ui/use_action";
import { InvitationSection } from "./invitation_section";
import { InviteDialog } from "./invite_dialog";
import type { PeopleProperties } from "./people_properties";
import { PersonActions } from "./person_actions";
import { TeamSection } from "./team_section";

/** The operators of the workspace: list, roles, teams, invitations. */
export function PeoplePage() {
  const { people: words } = usePageWords();
  const { call, may } = usePage();
  const [inviting, setInviting] = useState(false);
  const action = useAction();
  const loaded = useResource(() => call.get<PeopleResponse>("/v1/desk/people"));
  const onDone = (text: string) => void action.run(loaded.reload, text);
  return (
    <>
      <p class="page-lead">{words.lead}</p>
      {may("manage_people") && (
        <div class="form-buttons">
          <Button kind="primary" onClick={() => setInviting(true)}>
            {words.invite}
          </Button>
        </div>
      )}
      <ActionStatus action={action} />
      <WhenReady of={loaded}>
        {(view) => (
          <>
            <PeopleTable view={view} onDone={onDone} />
            {may("manage_people") && <InvitationSection view={view} onDone={onDone} />}
            <TeamSection view={view} onDone={onDone} />
            {inviting && <InviteDialog view={view} onDone={onDone} onClose={() => setInviting(false)} />}
          </>
        )}
      </WhenReady>
    </>
  );
}

function PeopleTable({ view, onDone }: PeopleProperties) {
  const { people: words, pages, roles, actions } = usePageWords();
  const { may } = usePage();
  const teams = new Map(view.teams.map(({ id, name }) => [id, name]));
  const named = (ids: readonly string[]) => ids.flatMap((id) => teams.get(id) ?? []).join(", ");
  const columns: Column<OperatorResponse>[] = [
    { title: words.name, heads: true, cell: (person) => <PersonName person={person} /> },
    { title: words.role, cell: (person) => roles[person.role] },
    ...(view.teams.length > 0
      ? [{ title: words.teams, cell: (person: OperatorResponse) => <bdi>{named(person.teams) || "–"}</bdi> }]
      : []),
    ...(view.people.some((person) => !person.scope.everything)
      ? [{ title: words.canSee, cell: (person: OperatorResponse) => <SeenPart person={person} view={view} /> }]
      : []),
    { title: words.status, cell: (person) => <OperatorStatus person={person} /> },
    { title: words.seen, cell: (person) => <LastSeen person={person} /> },
  ];
  if (may("manage_people")) {
    columns.push({ title: actions, cell: (person) => <PersonActions person={person} view={view} onDone={onDone} /> });
  }
  return (
    <Section title={pages.people} first>
      <Table title={pages.people} columns={columns} rows={view.people} keyOf={(person) => person.id} />
    </Section>
  );
}

/** The names of the sites and teams in the operator's scope. Sites are named only for those who manage people. */
function SeenPart({ person, view }: { readonly person: OperatorResponse; readonly view: PeopleResponse }) {
  const { people: words } = usePageWords();
  const { everything, sites = [], teams = [] } = person.scope;
  if (everything) return <span>{words.everything}</span>;
  const named = [
    ...view.sites.filter(({ key }) => sites.includes(key)),
    ...view.teams.filter(({ id }) => teams.includes(id)),
  ].map(({ name }) => name);
  return <bdi>{named.join(", ") || words.selected}</bdi>;
}

function PersonName({ person }: { readonly person: OperatorResponse }) {
  const { people: words } = usePageWords();
  const { operator } = usePage();
  return (
    <span class="person">
      <Avatar name={person.name} id={person.id} />
      <span class="person-text">
        <span>
          <bdi>{person.name}</bdi> {person.id === operator.id && <span class="mark">{words.you}</span>}
        </span>
        <span class="person-email">
          <bdi>{person.email}</bdi>
        </span>
      </span>
    </span>
  );
}

function OperatorStatus({ person }: { readonly person: OperatorResponse }) {
  const { people: words } = usePageWords();
  return (
    <span class="person-text">
      <span class={person.status === "active" ? "" : "mark mark-warning"}>{words[person.status]}</span>
      <span class="person-email">{person.second_factor ? words.secondFactor : words.onlyPassword}</span>
    </span>
  );
}

function LastSeen({ person }: { readonly person: OperatorResponse }) {
  const { never } = usePageWords();
  return person.last_seen_at === null ? <span>{never}</span> : <When at={person.last_seen_at} />;
}
