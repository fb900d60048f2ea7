"""The audit log stores actor and action, newest first, and cannot be changed."""

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import DBAPIError

from crumbless.audit_log.audit_store import audit_log_page
from crumbless.audit_log.audit_write import write_audit_log
from crumbless.audit_log.tables import audit_log
from crumbless.database.database import write_once
from crumbless.security.access import Session

OLGA = Session("session-1", "owner", 1, "olga", "Olga", "key-1", 0)


def test_entry_has_actor_action_and_session(any_url: str) -> None:
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


def test_pages_filters_and_workspaces_are_separate(any_url: str) -> None:
    for action in ("one", "two", "three"):
        write_once(any_url, lambda connection, action=action: write_audit_log(connection, 1, action))
    write_once(any_url, lambda connection: write_audit_log(connection, 2, "elsewhere"))

    def actions_of_page(before: int | None = None, action: str | None = None) -> list[str]:
        page = write_once(any_url, lambda connection: audit_log_page(connection, 1, before, 2, action, None))
        return [entry.action for entry in page]

    newest = write_once(any_url, lambda connection: audit_log_page(connection, 1, None, 2, None, None))
    assert actions_of_page() == ["three", "two"]
    assert actions_of_page(before=newest[-1].number) == ["one"]
    assert actions_of_page(action="one") == ["one"]


def test_threat_64_entry_cannot_be_changed_or_deleted(any_url: str) -> None:
    write_once(any_url, lambda connection: write_audit_log(connection, OLGA, "person_disabled"))
    for statement in (update(audit_log).values(action="nothing"), delete(audit_log)):
        with pytest.raises(DBAPIError, match="append-only"):
            write_once(any_url, lambda connection, statement=statement: connection.execute(statement))
    assert len(write_once(any_url, lambda connection: audit_log_page(connection, 1, None, 10, None, None))) == 1
