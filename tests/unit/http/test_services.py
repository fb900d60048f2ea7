"""Each subject's parts are found by their type."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from crumbless.app import Server
from crumbless.core.settings import read_settings
from crumbless.database.schema import migrate
from crumbless.http.services import by_type

PACKAGE = Path(__file__).parents[3] / "src" / "crumbless"


def requested_types() -> Iterator[str]:
    """Yield the names of the types that the code looks up: the argument of `of`, and the limits of routes."""
    for file in [*PACKAGE.glob("*/*.py"), PACKAGE / "routes.py"]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Name):
                name = node.args[0].id
                if ast.unparse(node.func).endswith((".of", "RateLimit")) and name[0].isupper():
                    yield name


def test_every_type_that_is_looked_up_is_registered(tmp_path: Path) -> None:
    migrate(url := f"sqlite:///{tmp_path / 'chat.db'}")
    registered = {kind.__name__ for kind in Server(read_settings({}, database_url=url)).services.subjects}
    requested = {*requested_types()}
    assert len(requested) > 10
    assert requested == registered


def test_two_parts_of_one_type_are_rejected() -> None:
    assert by_type("a", 1) == {str: "a", int: 1}
    with pytest.raises(ValueError, match="two services have the same type"):
        by_type("a", "b")
