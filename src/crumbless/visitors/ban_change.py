"""Bans visitors for a limited time, and lifts bans."""

from dataclasses import dataclass

from sqlalchemy import Connection

from crumbless.audit_log.audit_write import write_audit_log
from crumbless.core.errors import ApiError
from crumbless.core.ids import now_ms
from crumbless.core.time_units import DAY_MS
from crumbless.ledger.ledger_port import LedgerPort
from crumbless.security.access import Session, require
from crumbless.security.visibility import visible
from crumbless.visitors.ban_store import (
    NETWORK_BAN_MS,
    BanTarget,
    NewBan,
    add_bans,
    current_bans,
    find_ban_target,
    lift_ban,
)
from crumbless.visitors.contact_store import end_visitor_sessions
from crumbless.visitors.identity_wire import BanKind, BanRequest, BansResponse


@dataclass(frozen=True, slots=True)
class VisitorBan:
    """Bans visitors and lifts bans."""

    ledger: LedgerPort

    async def ban(self, actor: Session, request: BanRequest) -> BansResponse:
        """Ban the visitor of a conversation, and their network if requested. Return all bans that are in force.

        The sessions of the banned visitor end, and their streams close. A banned network refuses new starts only: other
        visitors may have written from there before.

        Raises:
            ApiError: `forbidden`; `unknown_conversation`; `invalid` for a network that is no longer known. A
                conversation of another workspace or outside the operator's scope is an unknown one.
        """
        require(actor, "ban_visitor")

        def write(connection: Connection) -> BansResponse:
            target = find_ban_target(connection, actor.workspace, request.conversation, visible(actor))
            if target is None:
                raise ApiError("unknown_conversation")
            bans = _bans_of(target, request)
            add_bans(connection, actor.workspace, bans, request.reason, actor.subject)
            # Without the visitor's name: nothing can be erased from the audit log.
            write_audit_log(
                connection,
                actor,
                "visitor_banned",
                target_kind="visitor",
                target_id=target.visitor,
                details={"kinds": [one.kind for one in bans], "days": request.days},
            )
            _end_sessions(connection, actor.workspace, bans)
            return BansResponse(current_bans(connection, actor.workspace))

        return await self.ledger.write(write)

    async def lift(self, actor: Session, ban_id: str) -> None:
        """Lift a ban.

        Raises:
            ApiError: `forbidden`; `not_found`.
        """
        require(actor, "ban_visitor")

        def write(connection: Connection) -> None:
            lifted = lift_ban(connection, actor.workspace, ban_id)
            if lifted is None:
                raise ApiError("not_found", "There is no such ban. It may have expired.")
            write_audit_log(
                connection,
                actor,
                "ban_lifted",
                target_kind="ban",
                target_id=ban_id,
                details={"kind": lifted.kind},
            )

        await self.ledger.write(write)


def _bans_of(target: BanTarget, request: BanRequest) -> list[NewBan]:
    """Return the bans of the visitor's identifiers, and of their network if requested.

    A browser without WebCrypto has no key, and an unverified visitor has no contact. The contact is included because
    the same person, verified on another device, would still reach the conversations of this visitor.
    """
    now = now_ms()
    identifiers: list[tuple[BanKind, str | None]] = [
        ("visitor", target.visitor),
        ("key", target.key),
        ("contact", target.contact),
    ]
    bans = [
        NewBan(kind, value, target.name, now + request.days * DAY_MS, target.network)
        for kind, value in identifiers
        if value is not None
    ]
    if request.network:
        if target.network is None:
            raise ApiError("invalid", "The network of this visitor is no longer known. Ban the visitor only.")
        # A network is not a person. Its ban must not outlive an erasure with the visitor's name.
        bans.append(NewBan("network", target.network, "", now + NETWORK_BAN_MS))
    return bans


def _end_sessions(connection: Connection, workspace: int, bans: list[NewBan]) -> None:
    values = {one.kind: one.value for one in bans}
    end_visitor_sessions(
        connection,
        workspace,
        visitor_id=values.get("visitor"),
        thumbprint=values.get("key"),
        contact_id=values.get("contact"),
    )
