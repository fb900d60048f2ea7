"""Reactions: what a subject does in the transaction that appends entries, such as queueing an event for a vendor.

The ledger imports no subject. `reaction_table.py` lists the reactions, and `app.py` passes them to the writer.
"""

from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import Connection

from crumbless.ledger.entry import Appended
from crumbless.ledger.events import DomainEvent
from crumbless.ledger.ledger_sequence import Conversation

Reaction = Callable[[Connection, Sequence[Appended], Mapping[str, Conversation]], Sequence[DomainEvent]]
"""Called once for each batch that appends entries, in the ledger's thread and the batch's transaction.

Gets the new entries, without repeats, and the state of their conversations after them, by ID. Returns events for after
the commit. It must be quick, because all senders of the batch wait for it. An error fails the whole batch.
"""
