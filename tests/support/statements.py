"""Records the statements that a database receives."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, event


def statements_of(connection: Connection, act: Callable[[], object]) -> list[str]:
    """The SQL that `act` runs on the connection, without its values."""
    told: list[str] = []

    def hear(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        told.append(statement)

    event.listen(connection, "before_cursor_execute", hear)
    try:
        act()
    finally:
        event.remove(connection, "before_cursor_execute", hear)
    return told
