import { useState } from "preact/hooks";
import { Button } from "../../ui/kit/button";
import type { OperatorResponse, PersonScope } from "../../wire/people_wire";
import type { OperatorRole } from "../../wire/permissions";
import { usePage, usePageWords } from "../core/page_context";
import { DialogFrame } from "../ui/dialog";
import { ActionStatus, ConfirmDialog } from "../ui/page_parts";
import { useAction } from "../ui/use_action";
import { LeaveDialog } from "./leave_dialog";
import type { PeopleProperties } from "./people_properties";
import { mayBeLimited, RoleChoice, ScopeChoice, TeamChoice } from "./role_choice";

interface Properties extends PeopleProperties {
  readonly person: OperatorResponse;
}

type Shown = "change" | "disable" | "anonymise" | "end";

/** Actions for an operator. Some are not available for oneself, and only owners have them for owners. */
export function PersonActions({ person, view, onDone }: Properties) {
  const { people: words } = usePageWords();
  const { call, operator, may } = usePage();
  const [shown, setShown] = useState<Shown | null>(null);
  const action = useAction();
  const path = `/v1/desk/people/${person.id}`;
  const close = () => setShown(null);
  if (person.role === "owner" && !may("manage_owners")) return null;
  const own = person.id === operator.id;
  const enable = async () => {
    if (await action.run(() => call.post(`${path}/enable`))) onDone(words.done);
  };
  const button = (label: string, onClick: () => void) => (
    <Button kind="quiet" onClick={onClick}>
      {label} <span class="hidden">{person.name}</span>
    </Button>
  );
  return (
    <div class="page-list-acts">
      {button(words.change, () => setShown("change"))}
      {!own && person.status === "active" && button(words.endSessions, () => setShown("end"))}
      {!own && person.status === "active" && button(words.disable, () => setShown("disable"))}
      {!own && person.status === "disabled" && button(words.enable, () => void enable())}
      {button(words.anonymise, () => setShown("anonymise"))}
      <ActionStatus action={action} />
      {shown === "change" && <ChangeDialog person={person} view={view} onDone={onDone} onClose={close} />}
      {(shown === "disable" || shown === "anonymise") && (
        <LeaveDialog person={person} view={view} action={shown} onDone={onDone} onClose={close} />
      )}
      {shown === "end" && (
        <ConfirmDialog
          title={words.endSessionsAsk({ name: person.name })}
          hint={words.endSessionsHint}
          label={words.endSessions}
          action={() => call.post(`${path}/end-sessions`)}
          onDone={() => onDone(words.done)}
          onClose={close}
        />
      )}
    </div>
  );
}

/** Role, teams and scope of an operator. */
function ChangeDialog({ person, view, onDone, onClose }: Properties & { readonly onClose: () => void }) {
  const { people: words, save, cancel } = usePageWords();
  const { call, operator } = usePage();
  const [role, setRole] = useState<OperatorRole>(person.role);
  const [teams, setTeams] = useState<readonly string[]>(person.teams);
  const [scope, setScope] = useState<PersonScope>(person.scope);
  const action = useAction();
  const own = person.id === operator.id;
  const limitable = !own && mayBeLimited(role);
  const submit = async (event: Event) => {
    event.preventDefault();
    const rescoped = limitable && scope !== person.scope;
    const change = { teams, ...(role === person.role ? {} : { role }), ...(rescoped ? { scope } : {}) };
    if (!(await action.run(() => call.post(`/v1/desk/people/${person.id}`, change)))) return;
    onDone(words.done);
    onClose();
  };
  return (
    <DialogFrame name="person" title={words.changeTitle({ name: person.name })} onClose={onClose}>
      <form class="page-form" onSubmit={submit} noValidate>
        {own ? <p class="page-note">{words.noChangeOwn}</p> : <RoleChoice role={role} onRole={setRole} />}
        <TeamChoice all={view.teams} chosen={teams} onChosen={setTeams} />
        {limitable && <ScopeChoice view={view} scope={scope} onScope={setScope} />}
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
