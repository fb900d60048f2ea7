"""A database with one workspace and one conversation."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from crumbless.conversations.conversation_store import add_conversation
from crumbless.core import ids
from crumbless.core.steady_clock import SteadyClock, read_machine
from crumbless.database.database import write_once
from crumbless.database.schema import migrate
from crumbless.people.workspace_store import add_workspace
from crumbless.sites.site_store import add_site, find_site
from crumbless.visitors.visitor_store import add_visitor
from support.postgres import PostgresServer, name_of
from support.value_make import CONVERSATION, OTHER_CONVERSATION

MakeDatabase = Callable[[], str]


@pytest.fixture(autouse=True)
def own_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reset the clock to that of a new process. A test's changes of it end with the test."""
    monkeypatch.setattr(ids, "steady", SteadyClock(*read_machine()))
    # IDs never go back: after a test whose clock was ahead, the IDs of the next would have its time.
    monkeypatch.setattr(ids, "_ids", ids._IdSequence())  # pyright: ignore[reportPrivateUsage]


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file. Copy it."""
    path = tmp_path_factory.mktemp("prepared") / "crumbless.db"
    _prepare(f"sqlite:///{path}")
    return path


def _prepare(url: str) -> None:
    migrate(url)

    def put_in(connection: Connection) -> None:
        for number, conversation in enumerate((CONVERSATION, OTHER_CONVERSATION), start=1):
            add_site(connection, add_workspace(connection, f"w{number}"), f"site-{number}", "Site", [])
            site = find_site(connection, f"site-{number}")
            assert site is not None
            assert site.workspace == number
            add_visitor(connection, site, f"visitor-{number}", None)
            add_conversation(connection, site, f"visitor-{number}", conversation)

    write_once(url, put_in)


@pytest.fixture
def database_url(prepared: Path, tmp_path: Path) -> str:
    """Return a copy: CONVERSATION is in workspace 1, OTHER_CONVERSATION in workspace 2."""
    shutil.copy(prepared, tmp_path / "crumbless.db")
    return f"sqlite:///{tmp_path / 'crumbless.db'}"


@pytest.fixture(scope="session")
def prepared_postgres(postgres: PostgresServer) -> str:
    """Return the name of the same database on PostgreSQL. Copy it."""
    url = postgres.new_database()
    _prepare(url)
    return name_of(url)


@pytest.fixture
def postgres_url(postgres: PostgresServer, prepared_postgres: str) -> Iterator[str]:
    """Return a copy on PostgreSQL."""
    url = postgres.new_database(prepared_postgres)
    yield url
    postgres.drop_database(url)


@pytest.fixture(params=["database_url", "postgres_url"], ids=["sqlite", "postgres"])
def any_url(request: pytest.FixtureRequest) -> str:
    """Return a copy on each kind of database."""
    return request.getfixturevalue(request.param)
