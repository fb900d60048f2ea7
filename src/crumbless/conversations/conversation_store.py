"""Writes to a conversation that are not entries: creation, seen marks and consent."""

from dataclasses import dataclass

from sqlalchemy import Connection, and_, bindparam, exists, insert, select, update

from crumbless.core.errors import ApiError
from crumbless.core.ids import now_ms
from crumbless.ledger.tables import conversation, entry, workspace
from crumbless.ledger.timeline_read import seq_of, visitor_seq_at
from crumbless.protocol.timeline import Side
from crumbless.security.visibility import Scope, is_visible
from crumbless.sites.site_store import Site


@dataclass(frozen=True, slots=True)
class SeenMove:
    """The new seen mark of one side, as `seq` and `visitor_seq`. `visitor_seq`: None if it did not move.

    `site` and `team` are those of the conversation.
    """

    seq: int
    visitor_seq: int | None
    site: int
    team: str | None


def add_conversation(connection: Connection, of: Site, visitor_id: str, conversation_id: str) -> None:
    """Add a visitor's conversation, still empty, with the workspace's next number."""
    number = connection.execute(
        update(workspace)
        .where(workspace.c.id == of.workspace)
        .values(last_number=workspace.c.last_number + 1)
        .returning(workspace.c.last_number)
    ).scalar_one()
    connection.execute(
        insert(conversation).values(
            id=conversation_id,
            workspace_id=of.workspace,
            site_id=of.id,
            visitor_id=visitor_id,
            number=number,
            status="open",
            last_seq=0,
            last_visitor_seq=0,
            position=0,
            started_at=now_ms(),
        )
    )


def find_conversation(connection: Connection, visitor_id: str, entry_id: str) -> str | None:
    """Return the visitor's conversation that contains this entry, else the visitor's newest conversation."""
    own = select(conversation.c.id).where(conversation.c.visitor_id == visitor_id)
    holding = own.join(entry, entry.c.conversation_no == conversation.c.no).where(entry.c.id == entry_id)
    newest = own.order_by(conversation.c.no.desc()).limit(1)
    return connection.execute(holding).scalar() or connection.execute(newest).scalar()


def find_started(connection: Connection, visitor_id: str, entry_id: str) -> str | None:
    """Return the visitor's conversation that began with the entry of this id."""
    return connection.execute(
        select(conversation.c.id)
        .join(entry, entry.c.conversation_no == conversation.c.no)
        .where(conversation.c.visitor_id == visitor_id, entry.c.id == entry_id, entry.c.seq == 1)
    ).scalar()


def site_and_team_of(
    connection: Connection, workspace_id: int, conversation_id: str, scope: Scope | None
) -> tuple[int, str | None]:
    """Return the site and the team of a conversation.

    Raises:
        ApiError: `unknown_conversation`, also for one of another workspace or outside of the scope.
    """
    row = connection.execute(_SITE_AND_TEAM, {"conversation": conversation_id, "workspace": workspace_id}).first()
    if row is None or not is_visible(scope, row.site_id, row.team_id):
        raise ApiError("unknown_conversation")
    return row.site_id, row.team_id


_SITE_AND_TEAM = select(conversation.c.site_id, conversation.c.team_id).where(
    conversation.c.id == bindparam("conversation"), conversation.c.workspace_id == bindparam("workspace")
)


def raise_seen_mark(
    connection: Connection, workspace_id: int, conversation_id: str, by: Side, seq: int, scope: Scope | None
) -> SeenMove | None:
    """Move one side's seen mark forward, never back and never past the last entry.

    Args:
        seq: in the numbers of the side that has read.

    Returns:
        The new mark; None if it did not move.

    Raises:
        ApiError: `unknown_conversation`, also for one of another workspace or outside of the scope.
    """
    row = connection.execute(
        select(conversation, workspace.c.position.label("workspace_position"))
        .join(workspace, workspace.c.id == conversation.c.workspace_id)
        .where(and_(conversation.c.workspace_id == workspace_id, conversation.c.id == conversation_id))
    ).first()
    if row is None or not is_visible(scope, row.site_id, row.team_id):
        raise ApiError("unknown_conversation")
    if by == "visitor":
        before = row.visitor_seen
        after = seq_of(connection, row.no, min(seq, row.last_visitor_seq))
        values = {"visitor_seen": after}
    else:
        before = row.operator_seen
        after = min(seq, row.last_seq)
        values = {"operator_seen": after}
    if after <= before:
        return None
    values["seen_position"] = row.workspace_position
    connection.execute(update(conversation).where(conversation.c.id == conversation_id).values(values))
    visitor_seq = visitor_seq_at(connection, row.no, after)
    moved = visitor_seq > visitor_seq_at(connection, row.no, before)
    return SeenMove(after, visitor_seq if moved else None, row.site_id, row.team_id)


def consent_chain_of(connection: Connection, conversation_id: str) -> str | None:
    """Return the consent chain under which events of the conversation are relayed."""
    return connection.execute(select(conversation.c.receipt_chain).where(conversation.c.id == conversation_id)).scalar()


def bind_consent(connection: Connection, conversation_id: str, chain: str | None) -> None:
    """Set the consent chain under which events of the conversation may be relayed; None if under none.

    A conversation that its visitor has erased is not changed.
    """
    erasure = exists().where(
        entry.c.conversation_no == conversation.c.no, entry.c.seq == conversation.c.last_seq, entry.c.kind == "erased"
    )
    connection.execute(
        update(conversation).where(conversation.c.id == conversation_id, ~erasure).values(receipt_chain=chain)
    )
