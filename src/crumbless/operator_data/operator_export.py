"""Exports the data of an operator for that operator, as JSON lines, in bounded memory.

server_data.toml declares for each column about operators where it is in this export, or why it is not. Each page is
read in its own snapshot. Data about other people is not in it.
"""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, select

from crumbless.accounts.tables import known_network, oidc_account, passkey, recovery_code
from crumbless.audit_log.tables import audit_log
from crumbless.files.photo import photo_path
from crumbless.files.tables import file
from crumbless.http.action_services import ActionServices
from crumbless.ledger.tables import entry, site, team
from crumbless.operator_data.operator_entries import CONVERSATION, written_entries
from crumbless.operator_data.operator_export_lines import (
    HandledRequestLine,
    KnownNetworkLine,
    OidcAccountLine,
    OwnAuditLine,
    OwnDeletionLine,
    PasskeyLine,
    PhotoLine,
    ProfileLine,
    RecoveryCodeLine,
    ScopeLine,
    SentInvitationLine,
    SessionLine,
    TeamLine,
    WrittenEntryLine,
)
from crumbless.people.tables import invitation, team_member
from crumbless.realtime.tables import operator, operator_scope, session
from crumbless.retention.export_pages import PAGE, LineWriter, pages
from crumbless.retention.tables import deletion, person_request


class OperatorExport:
    """An export of one operator's data."""

    def __init__(self, services: ActionServices, workspace: int, operator_id: str) -> None:
        self._services = services
        self._workspace = workspace
        self._id = operator_id
        self._writer = LineWriter()

    async def lines(self) -> AsyncIterator[bytes]:
        """Yield the whole export."""
        yield self._writer.write(await self._services.read(self._account))
        for part in (self._sessions, self._actions, self._entries):
            async for piece in part():
                yield piece
        yield self._writer.end()

    def _account(self, connection: Connection) -> list[msgspec.Struct]:
        """Return the lines of which an operator has few."""

        def rows(query: Select[Any]) -> list[Any]:
            return [*connection.execute(query)]

        mine = self._id
        person = connection.execute(select(operator).where(operator.c.id == mine)).one()
        lines: list[msgspec.Struct] = [_profile(person)]
        lines += [
            PhotoLine(photo_path(one.id), one.media_type, one.size, one.created_at)
            for one in rows(select(file).where(file.c.id == person.photo))
        ]
        lines += [KnownNetworkLine(one.seen_at) for one in rows(_of(known_network, mine))]
        lines += [
            PasskeyLine(one.id, one.name, one.transports, bool(one.backed_up), one.created_at, one.last_used_at)
            for one in rows(_of(passkey, mine))
        ]
        lines += [RecoveryCodeLine(one.used_at) for one in rows(_of(recovery_code, mine))]
        lines += [
            OidcAccountLine(one.issuer, one.subject, one.label, one.created_at, one.last_used_at)
            for one in rows(_of(oidc_account, mine))
        ]
        teams = select(team).join(team_member, team_member.c.team_id == team.c.id)
        lines += [TeamLine(one.id, one.name) for one in rows(teams.where(team_member.c.operator_id == mine))]
        scopes = _of(operator_scope, mine).outerjoin(site, site.c.id == operator_scope.c.site_id)
        lines += [ScopeLine(one.key, one.team_id) for one in rows(scopes.add_columns(site.c.key))]
        return lines

    async def _sessions(self) -> AsyncIterator[bytes]:
        async for page in pages(self._services, session, session.c.id, session.c.operator_id == self._id, ""):
            yield self._writer.write([_session(one) for one in page])

    async def _actions(self) -> AsyncIterator[bytes]:
        """Yield what the operator did: invitations, requests, deletions and the audit log."""
        services, write, here = self._services, self._writer.write, self._workspace
        sent = (invitation.c.workspace_id == here) & (invitation.c.invited_by == self._id)
        async for page in pages(services, invitation, invitation.c.id, sent, ""):
            yield write(
                [
                    SentInvitationLine(
                        one.id, one.role, one.created_at, one.expires_at, one.accepted_at, one.revoked_at
                    )
                    for one in page
                ]
            )
        handled = (person_request.c.workspace_id == here) & (person_request.c.operator_id == self._id)
        async for page in pages(services, person_request, person_request.c.id, handled, ""):
            yield write([_request(one) for one in page])
        deleted = (deletion.c.workspace_id == here) & (deletion.c.operator_id == self._id)
        async for page in pages(services, deletion, deletion.c.id, deleted, ""):
            yield write(
                [OwnDeletionLine(one.id, one.kind, one.started_at, one.finished_at, one.counts) for one in page]
            )
        acted = (audit_log.c.workspace_id == here) & (audit_log.c.actor_id == self._id)
        async for page in pages(services, audit_log, audit_log.c.no, acted, 0):
            yield write([_audit_entry(one) for one in page])

    async def _entries(self) -> AsyncIterator[bytes]:
        after: int | None = 0
        while after is not None:
            found, after = await self._services.read(
                lambda connection, after=after: written_entries(
                    connection, self._workspace, self._id, after, columns=[entry, CONVERSATION], most=PAGE
                )
            )
            if found:
                yield self._writer.write([_entry(one) for one in found])


def _of(table: Any, operator_id: str) -> Select[Any]:
    return select(table).where(table.c.operator_id == operator_id)


def _profile(row: Any) -> ProfileLine:
    return ProfileLine(
        id=row.id,
        email=row.email,
        name=row.name,
        role=row.role,
        status=row.status,
        languages=row.languages,
        photo=row.photo or "",
        scoped_at=row.scoped_at,
        attempts_mailed_at=row.attempts_mailed_at,
        changed_at=row.changed_at,
        created_at=row.created_at,
    )


def _session(row: Any) -> SessionLine:
    return SessionLine(
        id=row.id,
        key=row.thumbprint,
        device=row.device,
        time_zone_name=row.time_zone_name,
        factors=row.factors,
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_seen_at=row.last_seen_at,
        authenticated_at=row.authenticated_at,
        ended_at=row.ended_at,
    )


def _request(row: Any) -> HandledRequestLine:
    return HandledRequestLine(
        id=row.id,
        kind=row.kind,
        status=row.status,
        asked_at=row.asked_at,
        due_at=row.due_at,
        closed_at=row.closed_at,
        receipt=row.deletion_id,
        created_at=row.created_at,
    )


def _audit_entry(row: Any) -> OwnAuditLine:
    return OwnAuditLine(
        number=row.no,
        at=row.at,
        actor_name=row.actor_name,
        session_id=row.session_id,
        thumbprint=row.thumbprint,
        request_id=row.request_id,
        action=row.action,
        target_kind=row.target_kind,
        target_id=row.target_id,
        details=row.details,
    )


def _entry(row: Any) -> WrittenEntryLine:
    return WrittenEntryLine(
        conversation=row.conversation,
        id=row.id,
        at=row.at,
        kind=row.kind,
        author_name=row.author_name,
        data=None if row.data is None else msgspec.Raw(row.data.encode()),
    )
