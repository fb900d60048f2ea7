"""Sends events of chats to vendors, only while consent permits it, with retries for 72 hours."""

import logging
from collections.abc import Sequence

from sqlalchemy import Connection

from crumbless.consent.relay_port import RelayFailed, RelayPort
from crumbless.consent.relay_store import count, find_sendable
from crumbless.device_storage.storage_registry import Service
from crumbless.ledger.ledger_port import ReaderPort
from crumbless.tasks.task import Task
from crumbless.tasks.task_runner import TaskHandler
from crumbless.tasks.task_store import finish_tasks

log = logging.getLogger("crumbless.relay")


class RelaySend(TaskHandler):
    """Runs the tasks of one vendor service. A task's destination is the ID of its site."""

    def __init__(self, service: Service, relay: RelayPort, reader: ReaderPort) -> None:
        self.most, self.mixed = relay.most, relay.mixed
        self._service: Service = service
        self._relay = relay
        self._reader = reader

    async def do(self, tasks: Sequence[Task]) -> int:
        """Send the events that may be sent now, and return their number. Raises RelayFailed, TaskFailed.

        The consent is checked against its newest receipt right before each request.
        """
        account, events = await self._reader.read(lambda connection: find_sendable(connection, self._service, tasks))
        if account is None or not events:
            return 0
        try:
            await self._relay.send(account, events)
        except RelayFailed as failed:
            log.warning("%s rejected %d events: %s", self._service, len(events), failed)
            raise
        return len(events)

    def finish(self, connection: Connection, tasks: Sequence[Task], result: int | None) -> None:
        """Delete the events, including those that consent no longer permits, and count those that were sent."""
        finish_tasks(connection, tasks)
        count(connection, int(tasks[0].destination), f"{self._service}_sent", result or 0)

    def on_failed(self, connection: Connection, tasks: Sequence[Task], error: str) -> None:
        """Delete and count events that are too old."""
        count(connection, int(tasks[0].destination), f"{self._service}_dropped", finish_tasks(connection, tasks))

    def forget(self, about: str) -> None:
        """Delete the data in memory that belongs to this receipt chain."""
        self._relay.forget(about)

    async def close(self) -> None:
        """Close the connections to the vendor."""
        await self._relay.close()
