import type { OperatorRole } from "../../shared/permissions";
import type { Team } from "../../shared/wire_people";
import { usePage, usePageWords } from "./page_context";
import { Tick } from "./page_parts";

const ROLES: readonly OperatorRole[] = ["analyst", "operator", "admin", "owner"];

interface RoleProperties {
  readonly role: OperatorRole;
  readonly onRole: (role: OperatorRole) => void;
}

/** One of the roles that the operator may give, each with what it means. */
export function RoleChoice({ role, onRole }: RoleProperties) {
  const { people: words, roles, roleHints } = usePageWords();
  const { may } = usePage();
  return (
    <fieldset class="page-choices">
      <legend>{words.role}</legend>
      {ROLES.filter((one) => one !== "owner" || may("manage_owners")).map((one) => (
        <label class="setting setting-tick" key={one}>
          <input type="radio" name="role" value={one} checked={one === role} onChange={() => onRole(one)} />
          <span>
            {roles[one]}
            <span class="field-hint choice-hint">{roleHints[one]}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

interface TeamProperties {
  readonly all: readonly Team[];
  readonly chosen: readonly string[];
  readonly onChosen: (chosen: readonly string[]) => void;
}

/** Teams to be in; nothing where there are none. */
export function TeamChoice({ all, chosen, onChosen }: TeamProperties) {
  const { people: words } = usePageWords();
  if (all.length === 0) return null;
  const tick = (id: string, on: boolean) => onChosen(on ? [...chosen, id] : chosen.filter((one) => one !== id));
  return (
    <fieldset class="page-choices">
      <legend>{words.teams}</legend>
      {all.map(({ id, name }) => (
        <Tick key={id} label={<bdi>{name}</bdi>} checked={chosen.includes(id)} onChange={(on) => tick(id, on)} />
      ))}
    </fieldset>
  );
}
