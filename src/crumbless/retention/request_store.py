"""Reads and writes requests of people, and finds the person by an email address."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, insert, or_, select, update

from crumbless.consent.tables import consent_receipt
from crumbless.core.errors import ApiError
from crumbless.core.ids import new_id, now_ms
from crumbless.ledger.tables import conversation, entry
from crumbless.realtime.tables import visitor
from crumbless.retention.request_wire import PersonFound, PersonRequest, PersonRequestBegin, RequestStatus
from crumbless.retention.tables import person_request
from crumbless.visitors.tables import contact

MOST = 500


def due_after(asked_at: int) -> int:
    """Return the same time of the next month, on its last day if it is shorter (GDPR, article 12(3))."""
    asked = datetime.fromtimestamp(asked_at / 1000, UTC)
    year, month = (asked.year + 1, 1) if asked.month == 12 else (asked.year, asked.month + 1)
    following = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)
    last_day = datetime.fromtimestamp(following.timestamp() - 1, UTC).day
    due = asked.replace(year=year, month=month, day=min(asked.day, last_day))
    return int(due.timestamp() * 1000)


def add_request(connection: Connection, workspace: int, wanted: PersonRequestBegin, operator: str) -> str:
    """Store a request. Return its ID."""
    request_id, asked_at = new_id(), now_ms() if wanted.asked_at is None else wanted.asked_at
    connection.execute(
        insert(person_request).values(
            id=request_id,
            workspace_id=workspace,
            kind=wanted.kind,
            status="open",
            email=wanted.email.strip(),
            operator_id=operator,
            asked_at=asked_at,
            due_at=due_after(asked_at),
            created_at=now_ms(),
        )
    )
    return request_id


def find_request(connection: Connection, workspace: int, request_id: str) -> PersonRequest:
    """Return a request of the workspace. Raises ApiError `not_found`."""
    row = connection.execute(select(person_request).where(*_of(workspace, request_id))).first()
    if row is None:
        raise ApiError("not_found", "There is no such request.")
    return _request(row)


def list_requests(connection: Connection, workspace: int) -> list[PersonRequest]:
    """Return the requests: open ones by deadline, then the closed ones, newest first; at most MOST of each."""
    mine = select(person_request).where(person_request.c.workspace_id == workspace)
    is_open = person_request.c.status == "open"
    opened = connection.execute(mine.where(is_open).order_by(person_request.c.due_at).limit(MOST)).all()
    closed = connection.execute(mine.where(~is_open).order_by(person_request.c.closed_at.desc()).limit(MOST)).all()
    return [_request(row) for row in (*opened, *closed)]


def assign_request(connection: Connection, workspace: int, request_id: str, operator: str) -> None:
    """Store who handles the request."""
    connection.execute(update(person_request).where(*_of(workspace, request_id)).values(operator_id=operator))


def close_request(
    connection: Connection, workspace: int, request_id: str, status: RequestStatus, receipt: str | None
) -> None:
    """Close the request and delete its address."""
    values = {"status": status, "email": "", "closed_at": now_ms(), "deletion_id": receipt}
    connection.execute(update(person_request).where(*_of(workspace, request_id)).values(**values))


def visitors_by_email(connection: Connection, workspace: int, email: str) -> list[str]:
    """Return the IDs of the visitors with this address: of their contact, or as they entered it. Case is ignored."""
    if not email:
        return []
    of_contact = select(contact.c.id).where(contact.c.workspace_id == workspace, _is(contact.c.email, email))
    query = select(visitor.c.id).where(
        visitor.c.workspace_id == workspace,
        or_(visitor.c.contact_id.in_(of_contact), _is(visitor.c.email, email)),
    )
    return [*connection.execute(query.order_by(visitor.c.id)).scalars()]


def count_found(connection: Connection, visitors: Sequence[str]) -> PersonFound:
    """Return the numbers of what is stored about these visitors."""
    live = (conversation.c.visitor_id.in_(visitors)) & conversation.c.erased_at.is_(None)
    numbers = select(conversation.c.no).where(live)
    chains = select(conversation.c.receipt_chain).where(live)
    contacts = select(func.count(visitor.c.contact_id.distinct())).where(visitor.c.id.in_(visitors))
    messages = (entry.c.conversation_no.in_(numbers)) & (entry.c.kind == "message")
    return PersonFound(
        len(visitors),
        connection.execute(contacts).scalar_one(),
        _count(connection, conversation.c.no, live),
        _count(connection, entry.c.seq, messages),
        _count(connection, consent_receipt.c.no, consent_receipt.c.receipt_chain.in_(chains)),
    )


def _count(connection: Connection, column: Any, chosen: ColumnElement[bool]) -> int:
    return connection.execute(select(func.count(column)).where(chosen)).scalar_one()


def _is(column: ColumnElement[str], email: str) -> ColumnElement[bool]:
    return func.lower(column) == email.strip().lower()


def _of(workspace: int, request_id: str) -> tuple[ColumnElement[bool], ...]:
    return person_request.c.workspace_id == workspace, person_request.c.id == request_id


def _request(row: Row[Any]) -> PersonRequest:
    return PersonRequest(
        id=row.id,
        kind=row.kind,
        status=row.status,
        email=row.email,
        operator=row.operator_id,
        asked_at=row.asked_at,
        due_at=row.due_at,
        closed_at=row.closed_at,
        receipt=row.deletion_id,
    )
