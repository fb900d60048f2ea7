"""The databases of a test's servers: a SQLite file or a PostgreSQL database for each."""

import shutil
from pathlib import Path
from typing import Protocol

from support.postgres import PostgresServer
from support.server import Database


class Storage(Protocol):
    """One kind of storage. `settings`: what servers need besides to use it."""

    name: str
    settings: dict[str, object]

    def new_database(self, folder: Path) -> Database:
        """Return a database with data. A file is in this folder."""
        ...


class FileStorage:
    """SQLite."""

    name = "sqlite"

    def __init__(self, seeded_database: Path) -> None:
        self._furnished = seeded_database
        self.settings: dict[str, object] = {}

    def new_database(self, folder: Path) -> Database:
        """A copy of the seeded_database file."""
        return Path(shutil.copy(self._furnished, folder / "crumbless.db"))


class PostgresStorage:
    """PostgreSQL."""

    def __init__(self, server: PostgresServer, seeded_database: str, bus_url: str, name: str = "postgres") -> None:
        self.name = name
        self._server = server
        self._furnished = seeded_database
        self.settings: dict[str, object] = {"bus_url": bus_url}

    def new_database(self, folder: Path) -> Database:
        """A copy of the seeded_database database; the folder is not used."""
        return self._server.new_database(self._furnished)
