"""Snoozes conversations until a time or the visitor's next message, and opens them again."""

from collections.abc import Sequence

from sqlalchemy import Connection, select, update

from crumbless.conversations.actor_entry import actor_entry
from crumbless.conversations.entry_target import find_place, is_stored
from crumbless.core.errors import ApiError
from crumbless.core.ids import new_id, now_ms
from crumbless.core.periodic import Periodic
from crumbless.core.time_units import DAY_MS
from crumbless.ledger.entry import NewEntry, entry_data
from crumbless.ledger.ledger_port import LedgerPort, Operation, ReaderPort
from crumbless.ledger.tables import conversation
from crumbless.protocol.frames import Snooze, Wake
from crumbless.protocol.timeline import SnoozedData, WokenData
from crumbless.security.access import Session

LONGEST_MS = 2 * 366 * DAY_MS

WAKE_SECONDS = 5.0
"""Maximum time between the end of a snooze and the opening."""

MOST_WOKEN = 100
"""Conversations that are opened in one turn."""


def snooze_conversation(actor: Session, frame: Snooze) -> NewEntry:
    """Return the snooze as an entry."""
    return actor_entry(actor, frame, "snoozed", SnoozedData(frame.until))


def check_snooze(frame: Snooze) -> None:
    """Raises ApiError `invalid` for a time that is past or more than two years ahead."""
    if frame.until is not None and not 0 < frame.until - now_ms() <= LONGEST_MS:
        raise ApiError("invalid", "until must be in the future, and within two years.")


def before_snooze(actor: Session, frame: Snooze) -> Operation[None]:
    """Return the operation that stores the time. It raises ApiError: see `find_place`."""

    def store(connection: Connection) -> None:
        if is_stored(connection, actor, frame.id):
            return
        place = find_place(connection, actor, frame.conversation)
        _set_time(connection, place.no, frame.until)

    return store


def wake_conversation(actor: Session, frame: Wake) -> NewEntry:
    """Return the opening as an entry."""
    return actor_entry(actor, frame, "woken", WokenData())


def before_wake(actor: Session, frame: Wake) -> Operation[None]:
    """Return the operation that removes the time. It raises ApiError: see `find_place`; `unchanged` if not snoozed."""

    def wake(connection: Connection) -> None:
        if is_stored(connection, actor, frame.id):
            return
        place = find_place(connection, actor, frame.conversation)
        if place.status != "snoozed":
            raise ApiError("unchanged")
        _set_time(connection, place.no, None)

    return wake


class SnoozeWaker:
    """Opens conversations whose time has come. Each node has one; the transaction decides which of them does it."""

    def __init__(self, ledger: LedgerPort, reader: ReaderPort) -> None:
        self._ledger = ledger
        self._reader = reader
        self.loop = Periodic("the snooze", self.wake_due, WAKE_SECONDS)

    async def wake_due(self) -> float | None:
        """Open the conversations that are due. Return 0 if there may be more."""
        due = await self._reader.read(lambda connection: _due(connection, now_ms()))
        for workspace, conversation_id, no in due:
            await self._wake(workspace, conversation_id, no)
        return 0 if len(due) == MOST_WOKEN else None

    async def _wake(self, workspace: int, conversation_id: str, no: int) -> None:
        now = now_ms()
        entry = NewEntry(
            workspace=workspace,
            conversation=conversation_id,
            id=new_id(),
            at=now,
            kind="woken",
            author_kind="system",
            author_id="",
            author_name="",
            data=entry_data(WokenData()),
        )

        def wake(connection: Connection) -> None:
            row = connection.execute(select(conversation).where(conversation.c.no == no)).one()
            if row.snoozed_until is None or row.snoozed_until > now or row.status != "snoozed":
                raise ApiError("unchanged")
            _set_time(connection, no, None)

        try:
            await self._ledger.append(entry, wake)
        except ApiError as error:
            if error.code != "unchanged":
                raise
            # A message or an operator has opened it, or another node.
            await self._ledger.write(lambda connection: _forget_time(connection, no, now), workspace=workspace)


def _due(connection: Connection, now: int) -> Sequence[tuple[int, str, int]]:
    query = (
        select(conversation.c.workspace_id, conversation.c.id, conversation.c.no)
        .where(conversation.c.snoozed_until <= now)
        .order_by(conversation.c.snoozed_until)
        .limit(MOST_WOKEN)
    )
    return [(row.workspace_id, row.id, row.no) for row in connection.execute(query)]


def _set_time(connection: Connection, no: int, until: int | None) -> None:
    connection.execute(update(conversation).where(conversation.c.no == no).values(snoozed_until=until))


def _forget_time(connection: Connection, no: int, now: int) -> None:
    """Remove the time of a conversation that is no longer snoozed."""
    left = conversation.c.no == no, conversation.c.snoozed_until <= now, conversation.c.status != "snoozed"
    connection.execute(update(conversation).where(*left).values(snoozed_until=None))
