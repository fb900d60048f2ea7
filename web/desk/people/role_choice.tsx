import { Checkbox } from "../../ui/kit/choice";
import type { PeopleResponse, PersonScope, Team } from "../../wire/people_wire";
import type { OperatorRole } from "../../wire/permissions";
import { usePage, usePageWords } from "../core/page_context";

const ROLES: readonly OperatorRole[] = ["analyst", "operator", "admin", "owner"];

interface RoleProperties {
  readonly role: OperatorRole;
  readonly onRole: (role: OperatorRole) => void;
}

/** The choice of a role that the operator may grant, each with its meaning. */
export function RoleChoice({ role, onRole }: RoleProperties) {
  const { people: words, roles, roleHints } = usePageWords();
  const { may } = usePage();
  return (
    <fieldset class="page-choices">
      <legend>{words.role}</legend>
      {ROLES.filter((name) => name !== "owner" || may("manage_owners")).map((name) => (
        <label class="setting setting-tick" key={name}>
          <input type="radio" name="role" value={name} checked={name === role} onChange={() => onRole(name)} />
          <span>
            {roles[name]}
            <span class="field-hint choice-hint">{roleHints[name]}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

/** Return whether the role can have a limited scope. Owners and admins see everything, also if a scope is stored for them. */
export const mayBeLimited = (role: OperatorRole) => role === "operator" || role === "analyst";

interface ScopeProperties {
  readonly view: PeopleResponse;
  readonly scope: PersonScope;
  readonly onScope: (scope: PersonScope) => void;
}

/** The choice of a scope: everything, or some sites and teams. */
export function ScopeChoice({ view, scope, onScope }: ScopeProperties) {
  const { people: words } = usePageWords();
  const { everything, sites = [], teams = [] } = scope;
  const kind = (value: boolean, label: string) => (
    <label class="setting setting-tick">
      <input
        type="radio"
        name="scope"
        checked={everything === value}
        onChange={() => onScope(value ? { everything: true } : { ...scope, everything: false })}
      />
      <span>{label}</span>
    </label>
  );
  return (
    <>
      <fieldset class="page-choices">
        <legend>{words.canSee}</legend>
        {kind(true, words.everything)}
        {kind(false, words.selected)}
        {!everything && <p class="field-hint">{words.selectedHint}</p>}
      </fieldset>
      {!everything && (
        <>
          <TickList
            title={words.sites}
            all={view.sites.map(({ key, name }) => ({ id: key, name }))}
            chosen={sites}
            onChosen={(chosen) => onScope({ everything, sites: [...chosen], teams })}
          />
          <TickList
            title={`${words.canSee}: ${words.teams}`}
            all={view.teams}
            chosen={teams}
            onChosen={(chosen) => onScope({ everything, sites, teams: [...chosen] })}
          />
        </>
      )}
    </>
  );
}

interface TeamProperties {
  readonly all: readonly Team[];
  readonly chosen: readonly string[];
  readonly onChosen: (chosen: readonly string[]) => void;
}

/** The choice of teams; empty if there are none. */
export function TeamChoice(properties: TeamProperties) {
  const { people: words } = usePageWords();
  return <TickList title={words.teams} {...properties} />;
}

function TickList({ title, all, chosen, onChosen }: TeamProperties & { readonly title: string }) {
  if (all.length === 0) return null;
  const tick = (id: string, on: boolean) => onChosen(on ? [...chosen, id] : chosen.filter((other) => other !== id));
  return (
    <fieldset class="page-choices">
      <legend>{title}</legend>
      {all.map(({ id, name }) => (
        <Checkbox key={id} label={<bdi>{name}</bdi>} checked={chosen.includes(id)} onChange={(on) => tick(id, on)} />
      ))}
    </fieldset>
  );
}
