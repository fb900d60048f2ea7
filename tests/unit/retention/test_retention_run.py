"""A retention run at any moment changes no count that a report may read, and leaves nothing of an expired text."""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar, cast

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select, update

from crumbless.accounts.operator_store import add_operator
from crumbless.conversations.conversation_store import add_conversation
from crumbless.core.ids import new_id
from crumbless.core.metrics import RetentionMetrics
from crumbless.core.settings import RetentionSettings
from crumbless.core.time_units import DAY_MS
from crumbless.database.database import write_once
from crumbless.ledger.entry import NewEntry, erasure, message_data
from crumbless.ledger.ledger_batch import WriteRequest, ignore_outcome
from crumbless.ledger.ledger_port import Erasure, LedgerPort, Operation, ReaderPort
from crumbless.ledger.ledger_sqlite import SqliteBatchWriter
from crumbless.ledger.tables import conversation, entry
from crumbless.protocol.timeline import Kind
from crumbless.retention.expired_data import is_expired, still_expired
from crumbless.retention.retention_rule import RetentionRules, SiteRule
from crumbless.retention.retention_run import RetentionRun
from crumbless.retention.rule_store import store_rules
from crumbless.sites.site_store import find_site
from crumbless.visitors.visitor_erase import empty_conversations, forget_visitor
from crumbless.visitors.visitor_store import add_visitor
from support.shells import counts

T = TypeVar("T")
DAYS = 30
PEOPLE = 3
START = 1_700_000_000_000

STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["visitor", "operator", "note", "close", "erase"]), st.integers(0, PEOPLE * 2 - 1)),
        st.tuples(st.just("days"), st.integers(1, 50)),
        st.tuples(st.just("run"), st.just(0)),
    ),
    min_size=5,
    max_size=30,
)


class Office:
    """A workspace whose time is set by the test. Each visitor has two conversations."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.now = START
        self.texts: dict[str, list[str]] = {}
        self.writer = SqliteBatchWriter(url)
        self.conversations: list[str] = []
        write_once(url, self._put_in)
        self.run = RetentionRun(RetentionSettings(), cast(LedgerPort, self), cast(ReaderPort, self), RetentionMetrics())

    def _put_in(self, connection: Connection) -> None:
        site = find_site(connection, "site-1")
        assert site is not None
        self.operator = add_operator(connection, 1, f"{new_id()}@tea.example", "Olga", "")
        for _ in range(PEOPLE):
            visitor = new_id()
            add_visitor(connection, site, visitor, visitor)
            for _ in range(2):
                self.conversations.append(new_id())
                add_conversation(connection, site, visitor, self.conversations[-1])
        connection.execute(update(conversation).values(started_at=START))
        store_rules(connection, 1, RetentionRules(SiteRule(DAYS)))

    async def read(self, operation: Operation[T]) -> T:
        return write_once(self.url, operation)

    async def write(self, operation: Operation[T], workspace: int | None = None) -> T:
        return cast(T, self._commit(None, operation, erases=False).result)

    async def erase(self, operation: Operation[Erasure[T]], workspace: int | None = None) -> T:
        request = self._commit(None, operation, erases=True)
        if isinstance(request.outcome, Exception):
            raise request.outcome
        return cast(Erasure[T], request.result).result

    def add(self, kind: Kind, side: str, number: int) -> None:
        """Append an entry. An erased conversation refuses it."""
        name, text = self.conversations[number], f"text-{new_id()}-of-somebody"
        author = self.operator if side == "operator" else "somebody"
        data = "{}" if kind == "closed" else message_data(text)
        new = NewEntry(
            1, name, new_id(), self.now, kind, "operator" if side == "operator" else "visitor", author, "Name", data
        )
        outcome = self._commit(new, None, erases=False).outcome
        if kind != "closed" and not isinstance(outcome, Exception):
            self.texts.setdefault(name, []).append(text)

    def visitor_erases(self, number: int) -> None:
        """Let the visitor of this conversation erase, as `erase_own` does."""

        def work(connection: Connection) -> Erasure[None]:
            live = conversation.c.erased_at.is_(None)
            owner = select(conversation.c.visitor_id).where(conversation.c.id == self.conversations[number])
            mine = (conversation.c.visitor_id == owner.scalar_subquery()) & live
            names = [*connection.execute(select(conversation.c.id).where(mine)).scalars()]
            visitor = connection.execute(owner).scalar_one()
            empty_conversations(connection, 1, names)
            forget_visitor(connection, visitor)
            return Erasure(None, [erasure(1, name, new_id(), self.now) for name in names])

        self._commit(None, work, erases=True)

    def _commit(
        self, new: NewEntry | None, work: Callable[[Connection], object] | None, *, erases: bool
    ) -> WriteRequest:
        request = WriteRequest(new, work, ignore_outcome, 1)
        request.erases = erases
        self.writer.commit([request])
        return request

    def expired(self) -> list[str]:
        """Return the conversations that the rule names now."""
        query = select(conversation.c.id).where(is_expired(1, self.now - DAYS * DAY_MS))
        return write_once(self.url, lambda connection: [*connection.execute(query).scalars()])

    def check_positions(self) -> None:
        """Assert that positions have no gap."""
        query = select(entry.c.position).where(entry.c.workspace_id == 1).order_by(entry.c.position)
        found = write_once(self.url, lambda connection: [*connection.execute(query).scalars()])
        assert found == [*range(1, len(found) + 1)]

    def stored_bytes(self) -> bytes:
        """Return the content of the file and its log."""
        file = Path(self.url.removeprefix("sqlite:///"))
        log = file.with_name(file.name + "-wal")
        return file.read_bytes() + (log.read_bytes() if log.exists() else b"")


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_run_at_any_moment_changes_no_count_of_reports(
    prepared: Path, tmp_path: Path, steps: list[tuple[str, int]]
) -> None:
    file = tmp_path / f"{new_id()}.db"
    shutil.copy(prepared, file)
    office = Office(f"sqlite:///{file}")
    try:
        for step, number in [*steps, ("days", DAYS * 2), ("run", 0)]:
            take(office, step, number)
        office.check_positions()
    finally:
        office.writer.close()
        file.unlink()


def take(office: Office, step: str, number: int) -> None:
    """Do one step, and check what must hold after a run."""
    if step == "days":
        office.now += number * DAY_MS
    elif step == "run":
        before, expired = write_once(office.url, counts), office.expired()
        gone = [text for name in expired for text in office.texts.pop(name, [])]
        asyncio.run(office.run.run_workspace(1, office.now))
        assert write_once(office.url, counts) == before
        assert office.expired() == []
        stored = office.stored_bytes()
        assert not [text for text in gone if text.encode() in stored]
        kept = [text for name in office.texts for text in office.texts[name]]
        assert all(text.encode() in stored for text in kept), "only expired texts go"
    elif step == "erase":
        office.visitor_erases(number)
        first = number // 2 * 2
        for one in office.conversations[first : first + 2]:
            office.texts.pop(one, None)
    else:
        kinds: dict[str, Kind] = {"note": "note", "close": "closed"}
        office.add(kinds.get(step, "message"), "visitor" if step == "visitor" else "operator", number)


def test_conversation_that_was_written_to_since_the_search_stays(database_url: str) -> None:
    office = Office(database_url)
    try:
        for number in (0, 2):
            office.add("message", "visitor", number)
            office.add("closed", "operator", number)
        office.now += 2 * DAYS * DAY_MS
        found = office.expired()
        assert found == [office.conversations[0], office.conversations[2]], "the premise"
        office.add("message", "visitor", 0)
        before = office.now - DAYS * DAY_MS
        kept = write_once(database_url, lambda connection: still_expired(connection, 1, before, found))
        assert kept == [office.conversations[2]]
    finally:
        office.writer.close()
