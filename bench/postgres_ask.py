"""Reads a PostgreSQL database of the bench, independent of the server."""

from support.postgres import ask_postgres


def ids_of(url: str, run: str) -> frozenset[str]:
    """The ids of entries that start with `run`."""
    rows = ask_postgres(url, "SELECT id FROM entry WHERE id LIKE ? || '%'", run)
    return frozenset(str(row[0]) for row in rows)
