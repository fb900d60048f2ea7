"""Creates, renames and deletes teams, and changes their members.

An admin may not change an owner, so an admin may not add owners to teams or remove them.
"""

from collections.abc import Collection

from sqlalchemy import Connection

from crumbless.audit_log.audit_write import write_audit_log
from crumbless.core.names import check_name
from crumbless.ledger.transaction import Transaction
from crumbless.people.actor_recheck import require_unchanged
from crumbless.people.member_store import find_member
from crumbless.people.people_wire import Team, TeamRequest
from crumbless.people.team_store import add_team, find_team, members_of, remove_team, rename_team, set_members
from crumbless.security.access import Session, require_power_over
from crumbless.security.visibility import visible

FOR_TEAMS = "the operators of the workspace see it"


def make_team(tx: Transaction, actor: Session, wanted: TeamRequest) -> Team:
    """Create a team and return it.

    Raises:
        ApiError: `invalid` if the name is invalid or taken; `not_found` for a member of another workspace; `forbidden`.
            The last also applies to an admin if an owner is a member.
    """
    require_unchanged(tx.connection, actor)
    team = add_team(tx.connection, actor.workspace, check_name(wanted.name, FOR_TEAMS))
    _set_members(tx.connection, actor, team.id, wanted.members or [])
    _note(tx.connection, actor, "team_added", team, {"members": wanted.members or []})
    return team


def change_team(tx: Transaction, actor: Session, team_id: str, wanted: TeamRequest) -> Team:
    """Change the name or the members of a team and return it.

    Raises:
        ApiError: as `make_team`, and `not_found` for a team of another workspace.
    """
    require_unchanged(tx.connection, actor)
    found = find_team(tx.connection, actor.workspace, team_id, visible(actor))
    team = Team(found.id, check_name(wanted.name, FOR_TEAMS))
    rename_team(tx.connection, actor.workspace, team.id, team.name)
    if wanted.members is not None:
        _set_members(tx.connection, actor, team.id, wanted.members)
    details = {} if wanted.members is None else {"members": wanted.members}
    _note(tx.connection, actor, "team_changed", team, details)
    return team


def drop_team(tx: Transaction, actor: Session, team_id: str) -> None:
    """Delete the team. Its members stay in the workspace.

    Raises:
        ApiError: `forbidden`, also for an admin if an owner is in the team; `not_found`.
    """
    require_unchanged(tx.connection, actor)
    team = find_team(tx.connection, actor.workspace, team_id, visible(actor))
    _set_members(tx.connection, actor, team.id, [])
    remove_team(tx.connection, actor.workspace, team.id)
    _note(tx.connection, actor, "team_removed", team, {})


def _set_members(connection: Connection, actor: Session, team_id: str, wanted: Collection[str]) -> None:
    """Set the members, if the actor may change each operator who joins or leaves.

    Raises:
        ApiError: `forbidden`; `not_found` for a member of another workspace.
    """
    for changed in sorted(members_of(connection, actor.workspace, team_id) ^ {*wanted}):
        require_power_over(actor, find_member(connection, actor.workspace, changed).role)
    set_members(connection, actor.workspace, team_id, wanted)


def _note(connection: Connection, actor: Session, action: str, team: Team, details: dict[str, list[str]]) -> None:
    write_audit_log(
        connection, actor, action, target_kind="team", target_id=team.id, target_name=team.name, details=details
    )
