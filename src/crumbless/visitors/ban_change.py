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
from crumbless.visitors.ban_list import BAN_KINDS
from crumbless.visitors.ban_store import BanTarget, NewBan, add_bans, current_bans, find_ban_target, lift_ban
from crumbless.visitors.contact_store import end_visitor_sessions
from crumbless.visitors.identity_wire import BanRequest, BansResponse


@dataclass(frozen=True, slots=True)
class VisitorBan:
    """Bans visitors and lifts bans."""

    ledger: LedgerPort

    async def ban(self, actor: Session, request: BanRequest) -> BansResponse:
        """Ban the visitor of a conversation by the requested kinds. Return all bans that are in force.

        The visitor's sessions end, and their streams close.

        Raises:
            ApiError: `forbidden`; `unknown_conversation`, also for a conversation of another workspace or outside the
                operator's scope; `invalid` if the visitor has none of the requested identifiers. A browser without
                WebCrypto has no key, and an unverified visitor has no contact.
        """
        require(actor, "ban_visitor")
        ends_at = now_ms() + request.days * DAY_MS

        def write(connection: Connection) -> BansResponse:
            target = find_ban_target(connection, actor.workspace, request.conversation, visible(actor))
            if target is None:
                raise ApiError("unknown_conversation")
            bans = _bans_of(target, request)
            add_bans(connection, actor.workspace, bans, request.reason, actor.subject, ends_at)
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
    """Return the bans for the requested kinds.

    A ban of a verified visitor includes the contact. Otherwise the same person, verified on another device, would still
    reach the conversations of this visitor.
    """
    kinds = {*request.kinds}
    if "visitor" in kinds and target.contact is not None:
        kinds.add("contact")
    values = {
        "visitor": target.visitor,
        "key": target.key,
        "contact": target.contact,
        "network": target.network,
    }
    found = [
        # A network is not a person. Its ban must not outlive an erasure with the visitor's name.
        NewBan(kind, value, "" if kind == "network" else target.name, target.network)
        for kind in BAN_KINDS
        if kind in kinds and (value := values[kind])
    ]
    if not found:
        raise ApiError("invalid", "This visitor has no such identifier. Choose another kind of ban.")
    return found


def _end_sessions(connection: Connection, workspace: int, bans: list[NewBan]) -> None:
    values = {one.kind: one.value for one in bans}
    end_visitor_sessions(
        connection,
        workspace,
        visitor_id=values.get("visitor"),
        thumbprint=values.get("key"),
        contact_id=values.get("contact"),
        network=values.get("network"),
    )
