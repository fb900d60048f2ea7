"""Sends, resends and revokes invitations to a workspace."""

from sqlalchemy import Connection

from crumbless.accounts.one_time_token_store import new_one_time_token, void_one_time_tokens
from crumbless.audit_log.audit_write import write_audit_log
from crumbless.core.errors import ApiError
from crumbless.core.ids import now_ms
from crumbless.core.names import FOR_PEOPLE, check_languages, check_name
from crumbless.core.time_units import DAY_MS, DAY_SECONDS
from crumbless.ledger.transaction import Transaction
from crumbless.mail.mail_message import MailRequest, check_address
from crumbless.mail.mail_queue import queue_mail
from crumbless.people.actor_recheck import require_unchanged
from crumbless.people.invitation_store import (
    Invitation,
    NewInvitation,
    add_invitation,
    extend_invitation,
    find_invitation,
    invitations_by,
    pending_invitations,
    revoke_invitation,
)
from crumbless.people.member_store import find_member_by_email
from crumbless.people.people_wire import InviteRequest
from crumbless.people.team_store import check_teams
from crumbless.people.workspace_store import find_workspace_response
from crumbless.security.access import Role, Session, may_invite, require_power_over
from crumbless.security.encryption import SecretBox

INVITATION_DAYS = 7


def invite_operator(tx: Transaction, actor: Session, wanted: InviteRequest, secret_box: SecretBox) -> None:
    """Send an invitation. Revoke earlier invitations of this workspace to the same address.

    An admin cannot replace an invitation for an owner, because an admin may not revoke it.

    Only the email shows whether the address has an account in another workspace.

    Raises:
        ApiError: `forbidden`; `not_found` if a team does not exist; `invalid` if the address or name is invalid. The
            last also applies to the address of an operator of this workspace.
    """
    require_unchanged(tx.connection, actor)
    require_power_over(actor, wanted.role)
    email = check_address(wanted.email.strip()).lower()
    name = check_name(wanted.name, FOR_PEOPLE) if wanted.name.strip() else ""
    language = next(iter(check_languages([wanted.language])))
    teams = check_teams(tx.connection, actor.workspace, wanted.teams)
    known = find_member_by_email(tx.connection, email)
    if known is not None and known.workspace == actor.workspace:
        raise ApiError("invalid", "This operator is already in the workspace.")
    replaced = pending_invitations(tx.connection, actor.workspace, email)
    for earlier in replaced:
        require_power_over(actor, earlier.role)
    for earlier in replaced:
        _end(tx.connection, earlier)
    expires_at = now_ms() + INVITATION_DAYS * DAY_MS
    new = NewInvitation(
        email=email,
        name=name,
        role=wanted.role,
        teams=teams,
        language=language,
        invited_by=actor.subject,
        expires_at=expires_at,
    )
    invitation_id = add_invitation(tx.connection, actor.workspace, new)
    _send(tx.connection, actor, find_invitation(tx.connection, actor.workspace, invitation_id), secret_box)
    _note(tx.connection, actor, "person_invited", invitation_id, email, {"role": wanted.role, "teams": teams})


def resend_invitation(tx: Transaction, actor: Session, invitation_id: str, secret_box: SecretBox) -> None:
    """Send the invitation again with a new link. The old link becomes invalid.

    This operator becomes the sender. The invitation ends when they may no longer send it.

    Raises:
        ApiError: `forbidden`, `not_found`.
    """
    require_unchanged(tx.connection, actor)
    found = find_invitation(tx.connection, actor.workspace, invitation_id)
    require_power_over(actor, found.role)
    void_one_time_tokens(tx.connection, "invitation", found.id)
    extend_invitation(tx.connection, found.id, actor.subject, now_ms() + INVITATION_DAYS * DAY_MS)
    _send(tx.connection, actor, found, secret_box)
    _note(tx.connection, actor, "invitation_resent", found.id, found.email)


def withdraw_invitation(tx: Transaction, actor: Session, invitation_id: str) -> None:
    """Revoke the invitation. Its link becomes invalid.

    Raises:
        ApiError: `forbidden`, `not_found`.
    """
    require_unchanged(tx.connection, actor)
    found = find_invitation(tx.connection, actor.workspace, invitation_id)
    require_power_over(actor, found.role)
    _end(tx.connection, found)
    _note(tx.connection, actor, "invitation_revoked", found.id, found.email)


def end_invitations_by(
    connection: Connection, actor: Session | int, workspace: int, inviter: str, role: Role | None = None
) -> None:
    """Revoke the pending invitations that an operator sent.

    Args:
        inviter: the operator's ID.
        role: the operator's new role. Only invitations that it may not send are revoked.
    """
    for found in invitations_by(connection, workspace, inviter):
        if role is not None and may_invite(role, found.role):
            continue
        _end(connection, found)
        _note(connection, actor, "invitation_revoked", found.id, found.email)


def _end(connection: Connection, found: Invitation) -> None:
    void_one_time_tokens(connection, "invitation", found.id)
    revoke_invitation(connection, found.id)


def _send(connection: Connection, actor: Session, found: Invitation, secret_box: SecretBox) -> None:
    values = {"inviter": actor.name, "workspace": find_workspace_response(connection, actor.workspace).name}
    if find_member_by_email(connection, found.email) is not None:
        order = MailRequest("invitation_known", found.email, found.language, values, found.name)
        queue_mail(connection, secret_box, actor.workspace, order)
        return
    _, secret = new_one_time_token(
        connection,
        "invitation",
        subject=found.id,
        workspace=actor.workspace,
        seconds=INVITATION_DAYS * DAY_SECONDS,
    )
    values |= {"days": str(INVITATION_DAYS), "secret": secret}
    order = MailRequest("invitation", found.email, found.language, values, found.name)
    queue_mail(connection, secret_box, actor.workspace, order)


def _note(
    connection: Connection,
    actor: Session | int,
    action: str,
    of: str,
    email: str,
    details: dict[str, object] | None = None,
) -> None:
    write_audit_log(
        connection, actor, action, target_kind="invitation", target_id=of, target_name=email, details=details
    )
