"""server_data.toml declares the tables, the export and the requests of visitors as they are in the code."""

from collections.abc import Iterator
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec
import pytest

from crumbless.operator_data import operator_export_lines
from crumbless.protocol import frames
from crumbless.routes import ROUTES
from crumbless.security.access import PERMISSIONS
from crumbless.server_data.server_data_store import COUNTED
from crumbless.server_data.server_registry import ServerRegistry
from crumbless.server_data.server_registry_read import read_server_registry
from crumbless.stream.commands import COMMANDS
from crumbless.tables import metadata
from crumbless.visitors.privacy_wire import VisitorExport

REGISTRY = read_server_registry()

DERIVED = {"exported_at", "site.key", "site.name", "conversations.entries.conversation"}
"""Values of an export that repeat others or name the site."""

PART_OF_ATTRIBUTES = "visitor.contact.email_verified"
"""Stored in the column `attributes` too."""

FOR_OPERATORS = {"conversations.entries.position", "conversations.entries.author.id"}
"""Fields of entries that visitors do not receive."""


def differences(registry: ServerRegistry, columns: set[tuple[str, str]]) -> list[str]:
    """Return the columns that only the registry or only the database has."""
    declared = {(rule.table, rule.column) for rule in registry.rules()}
    missing = [f"{table}.{column} is not in server_data.toml" for table, column in sorted(columns - declared)]
    return missing + [f"{table}.{column} is not in the database" for table, column in sorted(declared - columns)]


def columns_of_database() -> set[tuple[str, str]]:
    return {(table.name, column.name) for table in metadata.tables.values() for column in table.columns}


def test_every_column_is_declared_and_every_declared_column_exists() -> None:
    assert differences(REGISTRY, columns_of_database()) == []


def test_missing_and_superfluous_columns_are_named() -> None:
    columns = columns_of_database()
    assert ("visitor", "network_hash") in columns
    changed = columns - {("visitor", "network_hash")} | {("visitor", "shoe_size")}
    assert differences(REGISTRY, changed) == [
        "visitor.shoe_size is not in server_data.toml",
        "visitor.network_hash is not in the database",
    ]


def leaves(kind: Any, path: str = "") -> Iterator[str]:
    """Yield the paths of all values in a type."""
    if get_origin(kind) in {Union, UnionType}:
        for one in set(get_args(kind)) - {NoneType}:
            yield from leaves(one, path)
    elif get_origin(kind) is list:
        yield from leaves(get_args(kind)[0], path)
    elif isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        for name, one in get_type_hints(kind).items():
            yield from leaves(one, f"{path}.{name}".lstrip("."))
    else:
        yield path


def test_declared_columns_are_those_of_the_export() -> None:
    exported = {rule.export for rule in REGISTRY.rules()} - {""}
    assert exported | DERIVED | {PART_OF_ATTRIBUTES} | FOR_OPERATORS == set(leaves(VisitorExport))
    assert not exported & (DERIVED | FOR_OPERATORS)


def test_declared_columns_about_operators_are_those_of_their_export() -> None:
    lines = [one for one in vars(operator_export_lines).values() if isinstance(one, type) and one.__name__ != "Struct"]
    structs = [one for one in lines if issubclass(one, msgspec.Struct)]
    fields = {f"{one.__struct_config__.tag}.{name}" for one in structs for name in one.__struct_fields__}
    assert len(structs) > 10
    assert {rule.own for rule in REGISTRY.rules()} - {""} == fields - {"entry.conversation"}


def requests_of_visitors() -> dict[str, set[str]]:
    """Return the fields of every request with a body and every frame that a visitor can send, by its name."""
    structs: dict[str, Any] = {
        f"{route.method} {route.path}": route.signature.takes
        for route in ROUTES
        if route.path == "/v1/consent" or route.path.startswith("/v1/visitor/")
    }
    allowed = PERMISSIONS["visitor"]
    sent = {row.frame: row.permission for row in COMMANDS}
    for kind in get_args(frames.AnyClientFrame):
        if sent.get(kind, "read_conversation") in allowed and kind.__struct_fields__:
            structs[f"frame {kind.__struct_config__.tag}"] = kind
    return {name: set(kind.__struct_fields__) for name, kind in structs.items() if kind not in {None, bytes}}


def test_every_request_of_visitors_is_declared_with_its_fields() -> None:
    declared = {one.request: {field.name for field in one.field} for one in REGISTRY.sent if one.request != "any"}
    found = requests_of_visitors()
    assert {"POST /v1/visitor/start", "frame send"} <= set(found), "the premise: requests are found"
    assert declared == found


@pytest.mark.parametrize("name", sorted(COUNTED))
def test_counted_data_is_declared(name: str) -> None:
    assert name in {one.name for one in REGISTRY.data}
