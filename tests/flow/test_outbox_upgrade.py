"""The upgrade from version 0.1.0 merges both queues into one outbox, and the queued jobs are delivered."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from crumbless.core.ids import now_ms
from crumbless.core.settings import DatabaseSettings
from crumbless.database.database import write_once
from crumbless.database.schema import migrate
from crumbless.mail.mail_message import MailRequest
from crumbless.mail.mail_queue import PURPOSE
from crumbless.security.installation_key import open_secret_box
from support.mail_server import mail_server
from support.older_rows import BEGIN, TAGS, put_in
from support.postgres import PostgresServer
from support.server import TEST_KEY, Database, ServerProcess, environment_of, run_command, url_of, wait_until
from support.vendors import google

VISITOR = BEGIN["visitor"][0]["id"]


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Return a database without tables."""
    if request.param == "sqlite":
        yield tmp_path / "crumbless.db"
        return
    postgres: PostgresServer = request.getfixturevalue("postgres")
    url = postgres.new_database()
    yield url
    postgres.drop_database(url)


def queued_mail(database: Database, about: str) -> dict[str, Any]:
    """Return a row of the table `task` as version 0.1.0 wrote it."""
    key = TEST_KEY if isinstance(database, str) else ""
    values = {"minutes": "30", "secret": "crt_" + "Zz9" * 14}
    order = MailRequest("reset", "otto@tea.example", "en", values, "Otto", about)
    sealed = open_secret_box(DatabaseSettings(database_url=url_of(database), secret_key=key)).encrypt(
        msgspec.json.encode(order), PURPOSE
    )
    payload = {"mail": "reset", "about": about} if about else {"mail": "reset"}
    now = now_ms()
    return {"workspace_id": 1, "kind": "mail", "payload": payload, "sealed": sealed, "due_at": now, "created_at": now}


def queued_event(name: str, tries: int, claimed_until: int | None) -> dict[str, Any]:
    """Return a row of the table `relay_event` as version 0.1.0 wrote it."""
    now = now_ms()
    event = {"workspace_id": 1, "site_id": 1, "service": "ga4", "name": name, "chain": "r" * 22, "at": now}
    claim = {"claimed_by": None if claimed_until is None else VISITOR, "claimed_until": claimed_until}
    return event | claim | {"due_at": now, "tries": tries}


def test_both_queues_of_version_0_1_0_are_delivered_after_the_upgrade(database: Database) -> None:
    migrate(url_of(database), "0006")
    receipt = TAGS["consent_receipt"][0] | {"at": now_ms()}
    put_in(url_of(database), TAGS | {"consent_receipt": [receipt], "relay_event": []})
    put_in(url_of(database), {"task": [queued_mail(database, ""), queued_mail(database, VISITOR)]})
    # The second was claimed by a node that has stopped.
    events = [queued_event("chat_start", 0, None), queued_event("chat_message_sent", 3, now_ms() + 100_000)]
    put_in(url_of(database), {"relay_event": events})
    with mail_server() as mails, google() as vendor:
        settings = {
            "smtp_url": f"smtp://127.0.0.1:{mails.port}?tls=off",
            "mail_from": "chat@tea.example",
            "ga4_url": vendor.address,
        }
        migrated = run_command("migrate", environment=environment_of(database, **settings))
        assert migrated.returncode == 0, migrated.stderr

        def abouts(connection: Any) -> list[tuple[str, str]]:
            rows = connection.execute(text("SELECT kind, about FROM task WHERE kind IN ('mail', 'ga4') ORDER BY id"))
            return [(row.kind, row.about) for row in rows]

        chain = "r" * 22
        found = write_once(url_of(database), abouts)
        assert found == [("mail", ""), ("mail", VISITOR), ("ga4", chain), ("ga4", chain)]
        server = ServerProcess(database, **settings)
        try:
            server.start()
            vendor.wait_for(lambda: len(vendor.relayed()) == 1, 30)
            mails.wait_for(2)
            waiting = "SELECT count(*) FROM task WHERE kind IN ('mail', 'ga4')"
            wait_until(lambda: server.rows(waiting) == [(0,)], 30, "both queues are empty")
        finally:
            server.dispose()
    sent = [event["name"] for one in vendor.relayed() for event in one.json["events"]]
    assert sent == ["chat_start", "chat_message_sent"]
    assert vendor.relayed()[0].query["measurement_id"] == "G-1"
    assert server.rows("SELECT sum(count) FROM site_counter WHERE day <> '2026-01-01'") == [(2,)]
    assert "Traceback" not in server.log()
