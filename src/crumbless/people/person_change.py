"""Changes an operator's role, teams and visibility scope. Disables, enables and signs out operators."""

from collections.abc import Collection

from sqlalchemy import Connection

from crumbless.accounts.account_policy_store import touch_operator
from crumbless.accounts.one_time_token_store import void_one_time_tokens
from crumbless.accounts.session_list_store import end_sessions_of
from crumbless.audit_log.audit_write import write_audit_log
from crumbless.core.errors import ApiError
from crumbless.ledger.transaction import Transaction
from crumbless.people.actor_recheck import require_unchanged
from crumbless.people.handover import Handover
from crumbless.people.member_store import Member, find_member, lock_active_owners, set_active, set_role
from crumbless.people.people_wire import HandoverRequest, OperatorChangeRequest, PersonScope
from crumbless.people.person_invite import end_invitations_by
from crumbless.people.scope_store import set_scope, site_ids_of
from crumbless.people.team_store import check_teams, set_teams_of
from crumbless.security.access import OperatorRole, Session, require_power_over
from crumbless.security.visibility import UNLIMITED_ROLES, Scope


def change_operator(tx: Transaction, actor: Session, operator_id: str, wanted: OperatorChangeRequest) -> None:
    """Change the operator's role, teams or scope.

    Revoke the operator's invitations that the new role may not send.

    Raises:
        ApiError: `last_owner`; `not_found` for an operator, site or team of another workspace; `invalid` for a scope of
            an owner or admin; `forbidden`. The last also applies to the actor's own role.
    """
    owners = lock_active_owners(tx.connection, actor.workspace)
    require_unchanged(tx.connection, actor)
    person = find_member(tx.connection, actor.workspace, operator_id)
    require_power_over(actor, person.role)
    if wanted.role is not None and wanted.role != person.role:
        if person.id == actor.subject:
            raise ApiError("forbidden", "You cannot change your own role. Ask another owner or admin.")
        require_power_over(actor, wanted.role)
        require_other_owner(owners, person)
        set_role(tx.connection, person.id, wanted.role)
        _note(tx.connection, actor, "role_changed", person, {"from": person.role, "to": wanted.role})
        end_invitations_by(tx.connection, actor, actor.workspace, person.id, wanted.role)
    if wanted.teams is not None:
        teams = check_teams(tx.connection, actor.workspace, wanted.teams)
        set_teams_of(tx.connection, actor.workspace, person.id, teams)
        touch_operator(tx.connection, person.id)
        _note(tx.connection, actor, "teams_changed", person, {"teams": teams})
    if wanted.scope is not None:
        _change_scope(tx.connection, actor, person, wanted.role or person.role, wanted.scope)


def _change_scope(
    connection: Connection, actor: Session, person: Member, role: OperatorRole, wanted: PersonScope
) -> None:
    if wanted.everything:
        if wanted.sites or wanted.teams:
            raise ApiError("invalid", "Omit sites and teams for an operator who sees everything.")
        set_scope(connection, actor.workspace, person.id, None)
    else:
        if role in UNLIMITED_ROLES:
            raise ApiError("invalid", "Owners and admins always see everything.")
        sites = site_ids_of(connection, actor.workspace, wanted.sites)
        teams = check_teams(connection, actor.workspace, wanted.teams)
        set_scope(connection, actor.workspace, person.id, Scope(frozenset(sites), frozenset(teams)))
    details: dict[str, object] = {"everything": wanted.everything, "sites": [*wanted.sites], "teams": [*wanted.teams]}
    _note(connection, actor, "scope_changed", person, details)


def disable_operator(
    tx: Transaction, actor: Session, operator_id: str, wanted: HandoverRequest, handover: Handover
) -> None:
    """Hand the operator's things over, disable the operator and end their sessions.

    Raises:
        ApiError: `not_found`, `forbidden`, `last_owner`; `invalid` for a colleague who is disabled.
    """
    owners = lock_active_owners(tx.connection, actor.workspace)
    require_unchanged(tx.connection, actor)
    person = find_member(tx.connection, actor.workspace, operator_id)
    require_power_over(actor, person.role)
    require_other_owner(owners, person)
    handover.give(tx.connection, actor, person, wanted.to)
    disable(tx.connection, actor, owners, person)


def disable_by_command(connection: Connection, person: Member) -> None:
    """Disable the operator from the command line (see `disable_operator`).

    Raises:
        ApiError: `last_owner`.
    """
    disable(connection, person.workspace, lock_active_owners(connection, person.workspace), person)


def disable(connection: Connection, actor: Session | int, owners: Collection[str], person: Member) -> None:
    """Disable an active operator. The caller has checked the actor. Raises ApiError `last_owner`."""
    if not person.active:
        return
    require_other_owner(owners, person)
    set_active(connection, person.id, False)
    void_one_time_tokens(connection, "reset", person.id)
    void_one_time_tokens(connection, "email_change", person.id)
    _note(connection, actor, "person_disabled", person)
    # Their invitations end too: an accomplice must not join after the operator was disabled.
    end_invitations_by(connection, actor, person.workspace, person.id)
    end_sessions_of(connection, person.id)


def enable_operator(tx: Transaction, actor: Session, operator_id: str) -> None:
    """Enable the operator again.

    Raises:
        ApiError: `not_found`, `forbidden`.
    """
    require_unchanged(tx.connection, actor)
    person = find_member(tx.connection, actor.workspace, operator_id)
    require_power_over(actor, person.role)
    if not person.active:
        set_active(tx.connection, person.id, True)
        _note(tx.connection, actor, "person_enabled", person)


def sign_out_operator(tx: Transaction, actor: Session, operator_id: str) -> None:
    """End every session of the operator.

    Raises:
        ApiError: `not_found`, `forbidden`.
    """
    require_unchanged(tx.connection, actor)
    person = find_member(tx.connection, actor.workspace, operator_id)
    require_power_over(actor, person.role)
    ended = end_sessions_of(tx.connection, person.id)
    _note(tx.connection, actor, "person_signed_out", person, {"sessions": len(ended)})


def require_other_owner(owners: Collection[str], person: Member) -> None:
    """Raises ApiError `last_owner` if the person is the only one of the active owners (IDs)."""
    if {*owners} == {person.id}:
        raise ApiError("last_owner")


def _note(
    connection: Connection, actor: Session | int, action: str, person: Member, details: dict[str, object] | None = None
) -> None:
    write_audit_log(
        connection,
        actor,
        action,
        target_kind="operator",
        target_id=person.id,
        target_name=person.name,
        details=details,
    )
