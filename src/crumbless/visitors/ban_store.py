"""Bans: the visitors and networks that may not write for a limited time."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, insert, or_, select, update

from crumbless.core.ids import confirmed_ms, new_id, now_ms
from crumbless.core.time_units import DAY_MS
from crumbless.ledger.after_commit import after_commit
from crumbless.ledger.events import BansChanged
from crumbless.ledger.tables import conversation
from crumbless.ledger.visibility_sql import visible_conversations
from crumbless.realtime.tables import operator, visitor
from crumbless.security.visibility import Scope
from crumbless.visitors.ban_list import BanList
from crumbless.visitors.identity_wire import BanKind, BanPreview, BanResponse
from crumbless.visitors.tables import ban

MAX_ITEMS = 20_000
"""Bans held in memory. If there are more, the oldest are not enforced; operators ban far fewer by hand."""


NETWORK_BAN_MS = DAY_MS
"""How long a ban affects the visitor's network: addresses change hands, and many people may share one."""


@dataclass(frozen=True, slots=True)
class NewBan:
    """The banned thing: a visitor, a key, a contact, or the keyed hash of a network."""

    kind: BanKind
    value: str
    label: str
    ends_at: int
    network: str | None = None


@dataclass(frozen=True, slots=True)
class BanTarget:
    """The visitor of a conversation, with everything by which the server can recognise them."""

    visitor: str
    name: str
    key: str | None
    contact: str | None
    network: str | None


def find_ban_target(
    connection: Connection, workspace_id: int, conversation_id: str, scope: Scope | None
) -> BanTarget | None:
    """Return the visitor of a conversation in this workspace and scope."""
    row = connection.execute(
        select(visitor)
        .join(conversation, conversation.c.visitor_id == visitor.c.id)
        .where(conversation.c.id == conversation_id, conversation.c.workspace_id == workspace_id)
        .where(*visible_conversations(scope))
    ).first()
    return None if row is None else BanTarget(row.id, row.name, row.thumbprint, row.contact_id, row.network_hash)


def preview_ban(
    connection: Connection, workspace_id: int, conversation_id: str, scope: Scope | None
) -> BanPreview | None:
    """Return the effect of banning the network of a conversation's visitor. Return None for an unknown conversation."""
    target = find_ban_target(connection, workspace_id, conversation_id, scope)
    if target is None:
        return None
    if target.network is None:
        return BanPreview(network_known=False, others_today=0)
    return BanPreview(network_known=True, others_today=count_others_today(connection, workspace_id, target))


def count_others_today(connection: Connection, workspace_id: int, target: BanTarget) -> int:
    """Return how many other visitors came from the target's network in the last 24 hours.

    A visitor came on the day on which their row or one of their conversations was created.
    """
    since = now_ms() - DAY_MS
    wrote = select(conversation.c.visitor_id).where(conversation.c.started_at >= since)
    return connection.execute(
        select(func.count())
        .select_from(visitor)
        .where(
            visitor.c.workspace_id == workspace_id,
            visitor.c.network_hash == target.network,
            visitor.c.id != target.visitor,
            or_(visitor.c.created_at >= since, visitor.c.id.in_(wrote)),
        )
    ).scalar_one()


def add_bans(connection: Connection, workspace_id: int, bans: Sequence[NewBan], reason: str, by: str) -> list[str]:
    """Add bans that apply to the whole workspace and return their IDs."""
    now = now_ms()
    rows = [
        {
            "id": new_id(),
            "workspace_id": workspace_id,
            "kind": one.kind,
            "value": one.value,
            "network_hash": one.network,
            "label": one.label,
            "reason": reason,
            "created_by": by,
            "created_at": now,
            "ends_at": one.ends_at,
        }
        for one in bans
    ]
    connection.execute(insert(ban), rows)
    after_commit(connection, BansChanged())
    return [str(row["id"]) for row in rows]


def current_bans(connection: Connection, workspace_id: int) -> list[BanResponse]:
    """Return the workspace's bans that are in force, newest first."""
    rows = connection.execute(
        select(ban, operator.c.name.label("by_name"))
        .outerjoin(operator, operator.c.id == ban.c.created_by)
        .where(ban.c.workspace_id == workspace_id, ban.c.lifted_at.is_(None), ban.c.ends_at > confirmed_ms())
        .order_by(ban.c.created_at.desc(), ban.c.id.desc())
        .limit(500)
    )
    return [
        BanResponse(
            id=row.id,
            kind=row.kind,
            label=row.label,
            reason=row.reason,
            created_by=row.by_name or "",
            created_at=row.created_at,
            ends_at=row.ends_at,
        )
        for row in rows
    ]


def lift_ban(connection: Connection, workspace_id: int, ban_id: str) -> BanResponse | None:
    """Lift a ban and return it. Return None if no ban with this ID is in force."""
    found = next((one for one in current_bans(connection, workspace_id) if one.id == ban_id), None)
    if found is not None:
        connection.execute(update(ban).where(ban.c.id == ban_id).values(lifted_at=now_ms()))
        after_commit(connection, BansChanged())
    return found


def remove_name_from_bans(connection: Connection, values: Sequence[str]) -> None:
    """Empty the name in all bans of these identifiers. The bans remain in force until they end."""
    connection.execute(update(ban).where(ban.c.value.in_(values)).values(label=""))


def read_ban_list(connection: Connection) -> BanList:
    """Return all bans in force, and the networks of visitors who were banned in the last NETWORK_BAN_MS."""
    now = confirmed_ms()
    rows = connection.execute(
        select(ban.c.workspace_id, ban.c.kind, ban.c.value, ban.c.network_hash, ban.c.created_at)
        .where(ban.c.lifted_at.is_(None), ban.c.ends_at > now)
        .order_by(ban.c.created_at.desc())
        .limit(MAX_ITEMS)
    ).all()
    return BanList(
        frozenset((row.workspace_id, row.kind, row.value) for row in rows),
        frozenset(
            (row.workspace_id, row.network_hash)
            for row in rows
            if row.network_hash and row.created_at + NETWORK_BAN_MS > now
        ),
    )
