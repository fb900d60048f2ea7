"""A database with one workspace and one conversation."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection

from crumbless.store.conversation_store import add_conversation
from crumbless.store.database import write_once
from crumbless.store.people_store import add_site, add_visitor, add_workspace, find_site
from crumbless.store.schema import migrate
from support.value_make import CONVERSATION, OTHER_CONVERSATION

MakeDatabase = Callable[[], str]


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file, to be copied."""
    path = tmp_path_factory.mktemp("prepared") / "crumbless.db"
    migrate(f"sqlite:///{path}")

    def put_in(connection: Connection) -> None:
        for number, conversation in enumerate((CONVERSATION, OTHER_CONVERSATION), start=1):
            add_site(connection, add_workspace(connection, f"w{number}"), f"site-{number}", "Site", [])
            site = find_site(connection, f"site-{number}")
            assert site is not None
            assert site.workspace == number
            add_visitor(connection, site, f"visitor-{number}", None)
            add_conversation(connection, site, f"visitor-{number}", conversation)

    write_once(f"sqlite:///{path}", put_in)
    return path


@pytest.fixture
def database_url(prepared: Path, tmp_path: Path) -> str:
    """A copy of one's own: CONVERSATION lies in workspace 1, OTHER_CONVERSATION in workspace 2."""
    shutil.copy(prepared, tmp_path / "crumbless.db")
    return f"sqlite:///{tmp_path / 'crumbless.db'}"
