"""Tickets: what may be used once and not for long, such as the secret in a link or a challenge."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, delete, insert, or_, select, update

from crumbless.errors import Refused
from crumbless.ids import new_id, new_token, now_ms
from crumbless.store.tables_people import ticket

TicketKind = Literal[
    "setup",
    "invitation",
    "reset",
    "email_change",
    "second_factor",
    "passkey_sign_in",
    "passkey_add",
    "passkey_join",
    "passkey_step_up",
    "totp_begin",
    "oidc",
    "continue_link",
    "continue_code",
]


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket that holds. `subject`: whom or what it is about; `data`: what its kind needs besides."""

    id: str
    kind: str
    workspace: int | None
    subject: str
    thumbprint: str | None
    data: Mapping[str, Any]
    tries: int
    created_at: int
    expires_at: int


def secret_hash(secret: str) -> bytes:
    """What is kept of a secret. It has 256 random bits, so that a plain hash is enough."""
    return hashlib.sha256(secret.encode()).digest()


def new_ticket(
    connection: Connection,
    kind: TicketKind,
    *,
    seconds: float,
    subject: str = "",
    workspace: int | None = None,
    thumbprint: str | None = None,
    data: Mapping[str, Any] | None = None,
    secret: str = "",
) -> tuple[str, str]:
    """A new ticket's id and secret. Only a hash of the secret is kept; `secret` may be given where people type it."""
    ticket_id = new_id()
    told = secret or new_token("crt_")
    now = now_ms()
    connection.execute(
        insert(ticket).values(
            id=ticket_id,
            workspace_id=workspace,
            kind=kind,
            secret_hash=secret_hash(told),
            subject=subject,
            thumbprint=thumbprint,
            data=dict(data or {}),
            tries=0,
            created_at=now,
            expires_at=now + int(seconds * 1000),
        )
    )
    return ticket_id, told


def find_ticket(connection: Connection, kind: TicketKind, secret: str, thumbprint: str | None = None) -> Ticket:
    """The ticket with this secret or id, unspent.

    Args:
        thumbprint: the key that asks. A ticket that was begun by a key is found only for that key.

    Raises:
        Refused: `ticket_gone`, the same for one that never was, was spent, has expired or belongs to another key.
    """
    row = _standing(connection, kind, or_(ticket.c.secret_hash == secret_hash(secret), ticket.c.id == secret))
    if row.thumbprint is not None and row.thumbprint != thumbprint:
        raise Refused("ticket_gone")
    # What its maker did not bind to a key needs its secret: the id alone is told to others.
    if row.thumbprint is None and row.secret_hash != secret_hash(secret):
        raise Refused("ticket_gone")
    return _ticket(row)


def _standing(connection: Connection, kind: TicketKind, condition: ColumnElement[bool]) -> Any:
    row = connection.execute(
        select(ticket).where(
            condition, ticket.c.kind == kind, ticket.c.used_at.is_(None), ticket.c.expires_at > now_ms()
        )
    ).first()
    if row is None:
        raise Refused("ticket_gone")
    return row


def _ticket(row: Any) -> Ticket:
    return Ticket(
        row.id,
        row.kind,
        row.workspace_id,
        row.subject,
        row.thumbprint,
        row.data,
        row.tries,
        row.created_at,
        row.expires_at,
    )


def spend_ticket(connection: Connection, kind: TicketKind, secret: str, thumbprint: str | None = None) -> Ticket:
    """The ticket, which nobody can use again: of many at once, one wins.

    Raises:
        Refused: `ticket_gone`, as `find_ticket`.
    """
    return _spend(connection, find_ticket(connection, kind, secret, thumbprint))


def spend_shown_ticket(connection: Connection, kind: TicketKind, ticket_id: str) -> Ticket:
    """As `spend_ticket`, by the id alone: the secret was shown before, to who got a ticket that names this one.

    Raises:
        Refused: `ticket_gone`.
    """
    return _spend(connection, _ticket(_standing(connection, kind, ticket.c.id == ticket_id)))


def _spend(connection: Connection, found: Ticket) -> Ticket:
    spent = connection.execute(
        update(ticket).where(ticket.c.id == found.id, ticket.c.used_at.is_(None)).values(used_at=now_ms())
    )
    if not spent.rowcount:
        raise Refused("ticket_gone")
    return found


def count_try(connection: Connection, ticket_id: str, most: int) -> None:
    """One more wrong answer. After `most` of them the ticket is spent."""
    now = now_ms()
    connection.execute(update(ticket).where(ticket.c.id == ticket_id).values(tries=ticket.c.tries + 1))
    connection.execute(
        update(ticket)
        .where(ticket.c.id == ticket_id, ticket.c.tries >= most, ticket.c.used_at.is_(None))
        .values(used_at=now)
    )


def void_tickets(connection: Connection, kind: TicketKind, subject: str) -> None:
    """What was given out before for this subject is worth nothing from now on."""
    connection.execute(
        update(ticket)
        .where(ticket.c.kind == kind, ticket.c.subject == subject, ticket.c.used_at.is_(None))
        .values(used_at=now_ms())
    )


def void_tickets_of_password(connection: Connection, operator_id: str) -> None:
    """The operator's password is another one: what was begun with the former, perhaps by a thief, ends."""
    for kind in ("reset", "email_change", "second_factor"):
        void_tickets(connection, kind, operator_id)


def remove_tickets(connection: Connection, before: int, most: int) -> int:
    """Remove tickets that expired before then (milliseconds), at most so many; how many there were."""
    old = select(ticket.c.id).where(ticket.c.expires_at < before).limit(most).scalar_subquery()
    return connection.execute(delete(ticket).where(ticket.c.id.in_(old))).rowcount
