"""How the schema on SQLite differs from the tables that the code declares."""

from typing import Any


def is_on_both(thing: Any, name: str | None, kind: str, _reflected: bool, _compared: object) -> bool:
    """Return whether this is not the integer key that `entry` has on SQLite only, or the uniqueness of its other key.

    It has the form of Alembic's `include_object`.
    """
    if kind == "column":
        return (thing.table.name, name) != ("entry", "no")
    return (kind, name) != ("unique_constraint", "uq_entry_workspace_id_position")
