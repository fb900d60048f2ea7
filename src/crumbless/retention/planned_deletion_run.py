"""Deletes the sites and workspaces whose week to undo has passed, in bounded batches, as a part of the nightly run.

The conversations of a site become shells, because the workspace's positions have no gaps. The rows of a workspace are
deleted. Its own row and the audit log remain: the database rejects the deletion of newer entries of the log.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import ColumnElement, Connection, Table, delete, or_, select, tuple_, update

from crumbless.audit_log.audit_write import write_audit_log
from crumbless.audit_log.tables import audit_log
from crumbless.consent.tables import consent_receipt, site_counter, vendor_tag
from crumbless.core.ids import new_id, now_ms
from crumbless.core.metrics import RetentionMetrics
from crumbless.core.time_units import DAY_MS
from crumbless.database.metadata import metadata
from crumbless.files.tables import file
from crumbless.ledger.entry import erasure
from crumbless.ledger.ledger_port import Erasure, LedgerPort, ReaderPort
from crumbless.ledger.tables import conversation, site, workspace
from crumbless.realtime.session_store import end_sessions, read_sessions
from crumbless.realtime.tables import operator_scope, session, visitor
from crumbless.retention.deletion_batch import receipt_of, run_batch
from crumbless.retention.deletion_store import Counts, add_counts, finish_deletion
from crumbless.retention.expired_data import (
    BATCH_CONVERSATIONS,
    BATCH_ENTRIES,
    BATCH_ROWS,
    delete_rows,
    find_audit_records,
)
from crumbless.retention.retention_wire import DeletionKind
from crumbless.retention.tables import retention_rule
from crumbless.tasks.task import EVENT_KINDS
from crumbless.tasks.task_store import add_task, delete_tasks
from crumbless.visitors.tables import ban, contact, identity_key
from crumbless.visitors.visitor_erase import expire_conversations, forget_visitor

SITE_TABLES = (vendor_tag, site_counter, identity_key, ban, operator_scope, retention_rule)
"""The tables with few rows of a site."""

COUNTED_AS = {"contact": "contacts", "consent_receipt": "receipts", "conversation": "conversations", "entry": "entries"}
"""The names of counts in receipts. Other tables count under their own names."""

LEAST_AUDIT_DAYS = 91

REMAINING = ("workspace", "audit_log", "deletion")
"""The tables whose rows remain when a workspace is deleted."""


@dataclass(frozen=True, slots=True)
class PlannedDeletionRun:
    """Deletes sites and workspaces that are due."""

    ledger: LedgerPort
    reader: ReaderPort
    metrics: RetentionMetrics

    async def run(self, now: int) -> None:
        """Delete all that are due at this time (milliseconds)."""
        for number in await self.reader.read(lambda connection: _due(connection, workspace, now)):
            await self._delete_workspace(number)
        for number in await self.reader.read(lambda connection: _due(connection, site, now)):
            of_site = select(site.c.workspace_id).where(site.c.id == number)
            owner = await self.reader.read(lambda connection, query=of_site: connection.execute(query).scalar_one())
            await self._delete_site(owner, number)
        for number in await self.reader.read(_deleted_workspaces):
            await self._expire_audit_log(number, now - LEAST_AUDIT_DAYS * DAY_MS)

    async def _delete_site(self, owner: int, number: int) -> None:
        def empty(connection: Connection) -> Erasure[Counts]:
            found = _next_conversations(connection, number)
            emptied = expire_conversations(connection, owner, found)
            counts = {"conversations": len(found), "messages": emptied.messages, "contacts": emptied.contacts}
            add_counts(connection, receipt_of(connection, owner, "site"), counts)
            return Erasure(counts, [erasure(owner, one, new_id(), now_ms(), "system") for one in found])

        def forget(connection: Connection) -> Erasure[Counts]:
            found = _next_visitors(connection, number)
            contacts = sum(forget_visitor(connection, one) for one in found)
            return Erasure({"visitors": len(found), "contacts": contacts}, [])

        while (await run_batch(self.ledger, self.metrics, owner, empty))["conversations"]:
            continue
        while (await run_batch(self.ledger, self.metrics, owner, forget))["visitors"]:
            continue
        for table in (contact, consent_receipt):
            await self._delete_rows(owner, "site", table, table.c.site_id == number)

        def finish(connection: Connection) -> None:
            for table in SITE_TABLES:
                connection.execute(delete(table).where(table.c.site_id == number))
            delete_tasks(connection, EVENT_KINDS, destination=str(number))
            nothing: dict[str, object] = {
                "name": "",
                "origins": [],
                "accent": None,
                "embed_seen_at": None,
                "embed_seen_origin": None,
            }
            key = f"deleted-{secrets.token_urlsafe(9)}"
            connection.execute(
                update(site)
                .where(site.c.id == number)
                .values(key=key, identity_mode="off", delete_at=None, deleted_at=now_ms(), **nothing)
            )
            receipt = finish_deletion(connection, receipt_of(connection, owner, "site"))
            details = receipt.counts
            write_audit_log(
                connection, owner, "site_deleted", target_kind="deletion", target_id=receipt.id, details=details
            )

        await self.ledger.write(finish)

    async def _delete_workspace(self, number: int) -> None:
        def end(connection: Connection) -> Erasure[Counts]:
            ended = session.c.ended_at.is_(None)
            query = select(session.c.id).where(session.c.workspace_id == number, ended).limit(BATCH_ROWS)
            found = [*connection.execute(query).scalars()]
            end_sessions(connection, read_sessions(connection, session.c.id.in_(found)))
            return Erasure({"sessions": len(found)}, [])

        def remove_files(connection: Connection) -> Erasure[Counts]:
            found = connection.execute(select(file).where(file.c.workspace_id == number).limit(BATCH_ROWS)).all()
            connection.execute(delete(file).where(file.c.id.in_([one.id for one in found])))
            for one in found:
                # Without the workspace, so that the job survives it.
                add_task(connection, None, "file_removal", {"file": one.id})
            counts = {"files": len(found), "bytes": sum(one.size for one in found)}
            add_counts(connection, receipt_of(connection, number, "workspace"), counts)
            return Erasure(counts, [])

        while (await run_batch(self.ledger, self.metrics, number, end))["sessions"]:
            continue
        while (await run_batch(self.ledger, self.metrics, number, remove_files))["files"]:
            continue
        for table in reversed(metadata.sorted_tables):
            if table.name not in REMAINING and "workspace_id" in table.c:
                await self._delete_rows(number, "workspace", table, table.c.workspace_id == number)

        def finish(connection: Connection) -> None:
            values = {"name": "", "delete_at": None, "deleted_at": now_ms()}
            connection.execute(update(workspace).where(workspace.c.id == number).values(**values))
            receipt = finish_deletion(connection, receipt_of(connection, number, "workspace"))
            details = receipt.counts
            write_audit_log(
                connection, number, "workspace_deleted", target_kind="deletion", target_id=receipt.id, details=details
            )

        await self.ledger.write(finish)

    async def _expire_audit_log(self, number: int, before: int) -> None:
        """Delete the entries of a deleted workspace as early as the database permits."""
        find = partial(find_audit_records, workspace_id=number, before=before)
        while keys := await self.reader.read(find):

            def remove(connection: Connection, keys: Sequence[int] = keys) -> Erasure[Counts]:
                return Erasure({"audit_entries": delete_rows(connection, audit_log, keys)}, [])

            await run_batch(self.ledger, self.metrics, number, remove)

    async def _delete_rows(self, owner: int, kind: DeletionKind, table: Table, chosen: ColumnElement[bool]) -> None:
        key = tuple_(*table.primary_key.columns)
        name = COUNTED_AS.get(table.name, table.name)

        def remove(connection: Connection) -> Erasure[Counts]:
            rows = connection.execute(select(*table.primary_key.columns).where(chosen).limit(BATCH_ROWS)).all()
            if rows:
                connection.execute(delete(table).where(key.in_([tuple(row) for row in rows])))
                add_counts(connection, receipt_of(connection, owner, kind), {name: len(rows)})
            return Erasure({name: len(rows)}, [])

        while (await run_batch(self.ledger, self.metrics, owner, remove))[name] == BATCH_ROWS:
            continue


def _due(connection: Connection, table: Table, now: int) -> list[int]:
    """Return the sites or workspaces that are due, in a fixed order, so that an interrupted one is continued first."""
    query = select(table.c.id).where(table.c.delete_at <= now, table.c.deleted_at.is_(None)).order_by(table.c.id)
    return [*connection.execute(query).scalars()]


def _deleted_workspaces(connection: Connection) -> list[int]:
    return [*connection.execute(select(workspace.c.id).where(workspace.c.deleted_at.is_not(None))).scalars()]


def _next_conversations(connection: Connection, site_id: int) -> Sequence[str]:
    rows = connection.execute(
        select(conversation.c.id, conversation.c.last_seq)
        .where(conversation.c.site_id == site_id, conversation.c.erased_at.is_(None))
        .order_by(conversation.c.started_at)
        .limit(BATCH_CONVERSATIONS)
    )
    found: list[str] = []
    entries = 0
    for row in rows:
        entries += row.last_seq
        if found and entries > BATCH_ENTRIES:
            break
        found.append(row.id)
    return found


def _next_visitors(connection: Connection, site_id: int) -> Sequence[str]:
    """Return visitors of the site about whom something is stored."""
    of = visitor.c
    texts = (of.name != "") | (of.email != "")
    known = or_(texts, of.thumbprint.is_not(None), of.contact_id.is_not(None), of.network_hash.is_not(None))
    return [*connection.execute(select(of.id).where(of.site_id == site_id, known).limit(BATCH_ROWS)).scalars()]
