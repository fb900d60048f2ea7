"""The audit log keeps who did what, newest first, and nobody changes it."""

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import DBAPIError

from crumbless.actions.audit_write import write_audit_log
from crumbless.domain.access import Session
from crumbless.store.audit_store import audit_log_page
from crumbless.store.database import write_once
from crumbless.store.tables_people import audit_log

OLGA = Session("session-1", "owner", 1, "olga", "Olga", "key-1", 0)


def test_an_entry_tells_who_did_what_from_which_session(any_url: str) -> None:
    write_once(
        any_url,
        lambda connection: write_audit_log(
            connection, OLGA, "person_invited", target_kind="invitation", target_id="i-1", details={"role": "admin"}
        ),
    )
    write_once(any_url, lambda connection: write_audit_log(connection, 1, "workspace_made"))
    made, invited = write_once(any_url, lambda connection: audit_log_page(connection, 1, None, 10, None, None))
    assert (made.actor_kind, made.action) == ("system", "workspace_made")
    assert (invited.actor_name, invited.session_id, invited.thumbprint) == ("Olga", "session-1", "key-1")
    assert (invited.target_id, invited.details) == ("i-1", {"role": "admin"})


def test_pages_filters_and_workspaces_are_kept_apart(any_url: str) -> None:
    for action in ("one", "two", "three"):
        write_once(any_url, lambda connection, action=action: write_audit_log(connection, 1, action))
    write_once(any_url, lambda connection: write_audit_log(connection, 2, "elsewhere"))

    def acts(before: int | None = None, action: str | None = None) -> list[str]:
        page = write_once(any_url, lambda connection: audit_log_page(connection, 1, before, 2, action, None))
        return [entry.action for entry in page]

    newest = write_once(any_url, lambda connection: audit_log_page(connection, 1, None, 2, None, None))
    assert acts() == ["three", "two"]
    assert acts(before=newest[-1].number) == ["one"]
    assert acts(action="one") == ["one"]


def test_threat_64_nobody_changes_or_removes_an_entry(any_url: str) -> None:
    write_once(any_url, lambda connection: write_audit_log(connection, OLGA, "person_disabled"))
    for statement in (update(audit_log).values(action="nothing"), delete(audit_log)):
        with pytest.raises(DBAPIError, match="append-only"):
            write_once(any_url, lambda connection, statement=statement: connection.execute(statement))
    assert len(write_once(any_url, lambda connection: audit_log_page(connection, 1, None, 10, None, None))) == 1
