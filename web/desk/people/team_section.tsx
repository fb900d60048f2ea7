import { useEffect, useRef, useState } from "preact/hooks";
import { Button } from "../../ui/kit/button";
import { Checkbox } from "../../ui/kit/choice";
import { Field } from "../../ui/kit/field";
import type { PeopleResponse, Team } from "../../wire/people_wire";
import { usePage, usePageWords } from "../core/page_context";
import { DialogFrame } from "../ui/dialog";
import { ActionStatus, ConfirmDialog, Section } from "../ui/page_parts";
import { useAction } from "../ui/use_action";
import type { PeopleProperties } from "./people_properties";

type Shown = { readonly kind: "edit"; readonly team: Team | null } | { readonly kind: "remove"; readonly team: Team };

const membersOf = (view: PeopleResponse, team: Team | null) =>
  view.people.filter((person) => team !== null && person.teams.includes(team.id));

/** The teams and their members. */
export function TeamSection({ view, onDone }: PeopleProperties) {
  const { people: words } = usePageWords();
  const { call, may } = usePage();
  const [shown, setShown] = useState<Shown | null>(null);
  const close = () => setShown(null);
  const managed = may("manage_people");
  return (
    <Section title={words.teams} lead={view.teams.length === 0 ? words.noTeams : words.teamsLead}>
      {view.teams.length > 0 && (
        <ul class="page-list">
          {view.teams.map((team) => (
            <li key={team.id}>
              <div class="page-list-text">
                <strong>
                  <bdi>{team.name}</bdi>
                </strong>
                <span>
                  <bdi>
                    {membersOf(view, team)
                      .map((person) => person.name)
                      .join(", ") || "–"}
                  </bdi>
                </span>
              </div>
              {managed && <TeamActions team={team} onShow={(kind) => setShown({ kind, team })} />}
            </li>
          ))}
        </ul>
      )}
      {managed && <Button onClick={() => setShown({ kind: "edit", team: null })}>{words.addTeam}</Button>}
      {shown?.kind === "edit" && <TeamDialog view={view} team={shown.team} onDone={onDone} onClose={close} />}
      {shown?.kind === "remove" && (
        <ConfirmDialog
          title={words.removeTeamAsk({ name: shown.team.name })}
          hint={words.removeTeamHint}
          label={words.removeTeam}
          action={() => call.post(`/v1/desk/teams/${shown.team.id}/remove`)}
          onDone={() => onDone(words.done)}
          onClose={close}
        />
      )}
    </Section>
  );
}

interface ActionsProperties {
  readonly team: Team;
  readonly onShow: (kind: "edit" | "remove") => void;
}

function TeamActions({ team, onShow }: ActionsProperties) {
  const { people: words } = usePageWords();
  return (
    <div class="page-list-acts">
      <Button kind="quiet" onClick={() => onShow("edit")}>
        {words.change} <span class="hidden">{team.name}</span>
      </Button>
      <Button kind="quiet" onClick={() => onShow("remove")}>
        {words.removeTeam} <span class="hidden">{team.name}</span>
      </Button>
    </div>
  );
}

interface DialogProperties extends PeopleProperties {
  /** Null: a new team. */
  readonly team: Team | null;
  readonly onClose: () => void;
}

function TeamDialog({ view, team, onDone, onClose }: DialogProperties) {
  const { people: words, save, cancel, required } = usePageWords();
  const { call, may } = usePage();
  const field = useRef<HTMLInputElement>(null);
  const [members, setMembers] = useState<readonly string[]>(membersOf(view, team).map((person) => person.id));
  const [fault, setFault] = useState("");
  const action = useAction();
  useEffect(() => field.current?.focus(), []);
  const tick = (id: string, on: boolean) =>
    setMembers(on ? [...members, id] : members.filter((member) => member !== id));
  const submit = async (event: Event) => {
    event.preventDefault();
    const name = field.current?.value.trim() ?? "";
    setFault(name ? "" : required);
    if (!name) return field.current?.focus();
    const path = team ? `/v1/desk/teams/${team.id}` : "/v1/desk/teams";
    if (!(await action.run(() => call.post(path, { name, members })))) return;
    onDone(words.done);
    onClose();
  };
  return (
    <DialogFrame name="team" title={team ? words.editTeam({ name: team.name }) : words.addTeam} onClose={onClose}>
      <form class="page-form" onSubmit={submit} noValidate>
        <Field
          label={words.teamName}
          inputRef={field}
          fault={fault}
          type="text"
          defaultValue={team?.name ?? ""}
          autocomplete="off"
          maxLength={80}
          dir="auto"
        />
        <fieldset class="page-choices">
          <legend>{words.members}</legend>
          {view.people.map(({ id, name, role }) => (
            <Checkbox
              key={id}
              label={<bdi>{name}</bdi>}
              checked={members.includes(id)}
              // The server rejects it: an admin cannot change an owner.
              disabled={role === "owner" && !may("manage_owners")}
              onChange={(on) => tick(id, on)}
            />
          ))}
        </fieldset>
        <ActionStatus action={action} />
        <div class="form-buttons">
          <Button kind="primary" type="submit" busy={action.busy}>
            {save}
          </Button>
          <Button onClick={onClose}>{cancel}</Button>
        </div>
      </form>
    </DialogFrame>
  );
}
