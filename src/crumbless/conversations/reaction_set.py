"""Adds and removes reactions to messages. Each person has each reaction at most once per message."""

import msgspec
from sqlalchemy import Connection, select

from crumbless.conversations.actor_entry import actor_entry
from crumbless.conversations.entry_target import find_target, is_stored
from crumbless.core.errors import ApiError
from crumbless.ledger.entry import NewEntry
from crumbless.ledger.ledger_port import Operation
from crumbless.ledger.tables import entry
from crumbless.protocol.frames import React
from crumbless.protocol.timeline import ReactionData
from crumbless.security.access import Session, require_conversation

_decode = msgspec.json.Decoder(ReactionData).decode


def set_reaction(actor: Session, frame: React) -> NewEntry:
    """Return the reaction as an entry. Raises ApiError `unknown_conversation`."""
    require_conversation(actor, frame.conversation)
    return actor_entry(actor, frame, "reaction", ReactionData(frame.entry, frame.reaction, frame.on))


def before_reaction(actor: Session, frame: React) -> Operation[None]:
    """Return the operation that checks the message and the actor's earlier reactions to it.

    It raises ApiError: see `find_target`; `unchanged` if the reaction is already there, or already removed.
    """

    def check(connection: Connection) -> None:
        if is_stored(connection, actor, frame.id):
            return
        row = find_target(connection, actor, frame.conversation, frame.entry, "message")
        if _is_on(connection, actor, row.conversation_no, row.seq, frame) == frame.on:
            raise ApiError("unchanged")

    return check


def _is_on(connection: Connection, actor: Session, conversation_no: int, seq: int, frame: React) -> bool:
    """Return whether the newest of the actor's entries about this reaction has added it."""
    # The conversation's visitor may have several devices, each with another ID.
    author = entry.c.author_kind == "visitor" if actor.role == "visitor" else entry.c.author_id == actor.subject
    own = (
        select(entry.c.data)
        .where(entry.c.conversation_no == conversation_no, entry.c.seq > seq, entry.c.kind == "reaction", author)
        .where(entry.c.data.is_not(None))
        .order_by(entry.c.seq.desc())
    )
    for (data,) in connection.execute(own):
        one = _decode(data)
        if (one.entry, one.reaction) == (frame.entry, frame.reaction):
            return one.on
    return False
