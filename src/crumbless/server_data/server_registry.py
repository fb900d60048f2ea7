"""The registry of everything stored on the server: its form, and checks against contradictions.

Data is declared only in server_data.toml. server_data.schema.json is generated from the types here. The texts about it
are in the translations (server_data_texts.py). Sources of the legal bases: GDPR (EU) 2016/679, articles 6, 7 and 17.
"""

import datetime
import hashlib
import tomllib
from collections.abc import Iterator
from typing import Annotated, Literal, NamedTuple, get_args

import msgspec

from crumbless.core.errors import CrumblessError
from crumbless.core.settings import SECTION_OF
from crumbless.core.toml_place import Place, line_at, place_of_error
from crumbless.device_storage.storage_registry import Name

Subject = Literal["visitors", "operators", "operation"]
Location = Literal["database", "files", "log", "metrics", "memory", "backup"]
Basis = Literal["service", "interest", "consent", "proof", "obligation", "employment", "none"]
Retention = Literal[
    "erasure",
    "age",
    "unused",
    "ended",
    "ban",
    "done",
    "request",
    "never",
    "removed",
    "installation",
    "short",
    "copies",
    "yours",
]
Recipient = Literal["team", "page", "mail", "vendors", "storage", "monitoring"]
Effect = Literal["unrelated", "emptied", "deleted", "kept"]
OwnReason = Literal["secret", "internal", "others", "brief"]
"""Why a column about operators is not in an operator's export.

secret: it would help an attacker. internal: a number or a name of the installation. others: it is
about another person. brief: it is deleted within days.
"""

Reason = Literal["shell", "operator", "proof", "ban", "request", "log"]

WITH_PERIOD: tuple[Retention, ...] = ("age", "unused", "ended", "done")
"""Kinds of retention that last for a period after their event."""

ColumnName = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z_]*$")]
Period = Annotated[str, msgspec.Meta(pattern=r"^(?:[1-9][0-9]{0,4}[mhd]|[a-z][a-z_]*_days)$")]


class ServerRegistryError(CrumblessError):
    """server_data.toml is invalid. The message names the line, the entry and the correction."""


class Revision(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A version of the registry: its number, its date and the digest of its content."""

    number: Annotated[int, msgspec.Meta(ge=1)]
    date: datetime.date
    digest: str


class Data(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A kind of data with one purpose.

    `subjects`: whose data it is. `period` is a lifetime, or the setting that has its days. `recipients`: parties
    besides the server's administrators.
    """

    name: Name
    subjects: Annotated[list[Subject], msgspec.Meta(min_length=1)]
    location: Location = "database"
    basis: Basis
    retention: Retention
    period: Period | None = None
    recipients: list[Recipient] = []


class Column(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A column. `data`, `erase` and `reason` are those of its table if they are not given.

    `export` is the path of its value in a visitor's export (visitors/privacy_wire.py); empty: the value is not in it.
    `erase` is the effect of a visitor's erasure, and `reason` explains why a value remains.

    `own` is the type and field of its value in an operator's export (operator_data/operator_export_lines.py), and
    `own_reason` explains why it is not in it. A column about operators has one of both.
    """

    name: ColumnName
    data: list[Name] = []
    export: Annotated[str, msgspec.Meta(pattern=r"^[a-z_.]*$")] = ""
    erase: Effect | None = None
    reason: Reason | None = None
    own: Annotated[str, msgspec.Meta(pattern=r"^([a-z_]+\.[a-z_]+)?$")] = ""
    own_reason: OwnReason | None = None


class StoredTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the database, with the values that its columns have unless they name others."""

    name: ColumnName
    data: Annotated[list[Name], msgspec.Meta(min_length=1)]
    erase: Effect = "unrelated"
    reason: Reason | None = None
    own_reason: OwnReason | None = None
    column: Annotated[list[Column], msgspec.Meta(min_length=1)]


class SentField(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A field of a request. `data`: the data that it is stored in; empty: it is used and not stored."""

    name: ColumnName
    data: list[Name] = []


class Sent(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A request by which data leaves a visitor's device. `request` is its route or its frame of the stream."""

    name: Name
    request: Annotated[str, msgspec.Meta(pattern=r"^(?:POST /[a-z0-9/]+|frame [a-z]+|any)$")]
    field: list[SentField]


class ColumnRule(NamedTuple):
    """The complete declaration of a column."""

    table: str
    column: str
    data: tuple[str, ...]
    export: str
    erase: Effect
    reason: Reason | None
    own: str
    own_reason: OwnReason | None


class ServerRegistry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The content of server_data.toml. Revisions are newest first."""

    revision: Annotated[list[Revision], msgspec.Meta(min_length=1)]
    data: Annotated[list[Data], msgspec.Meta(min_length=1)]
    table: Annotated[list[StoredTable], msgspec.Meta(min_length=1)]
    sent: Annotated[list[Sent], msgspec.Meta(min_length=1)]

    def rules(self) -> list[ColumnRule]:
        """Return the declarations of all columns, in the order of the file."""
        return [_rule(table, column) for table in self.table for column in table.column]


def _rule(table: StoredTable, column: Column) -> ColumnRule:
    erase = column.erase or table.erase
    reason = column.reason or (table.reason if erase == "kept" else None)
    own_reason = None if column.own else column.own_reason or table.own_reason
    data = tuple(column.data or table.data)
    return ColumnRule(
        table=table.name,
        column=column.name,
        data=data,
        export=column.export,
        erase=erase,
        reason=reason,
        own=column.own,
        own_reason=own_reason,
    )


def parse_server_registry(source: str) -> ServerRegistry:
    """Return the registry in a server_data.toml.

    Raises:
        ServerRegistryError: if it is not TOML, violates its schema or contradicts itself.
    """
    try:
        registry = msgspec.convert(tomllib.loads(source), ServerRegistry)
    except tomllib.TOMLDecodeError as error:
        raise ServerRegistryError(f"server_data.toml is not TOML: {error}") from None
    except msgspec.ValidationError as error:
        place, fault = place_of_error(str(error))
        raise ServerRegistryError(f"server_data.toml, line {line_at(source, place)}: {fault}") from None
    for place, fault in server_faults(registry):
        raise ServerRegistryError(f"server_data.toml, line {line_at(source, place)}: {fault}")
    return registry


def server_digest(registry: ServerRegistry) -> str:
    """Return a digest of the content. It changes with every field except those of the revisions."""
    content = (registry.data, registry.table, registry.sent)
    return hashlib.sha256(msgspec.json.encode(content, order="deterministic")).hexdigest()[:16]


def server_faults(registry: ServerRegistry) -> Iterator[tuple[Place, str]]:
    """Yield all contradictions in the registry: place and message."""
    numbers = [one.number for one in registry.revision]
    if numbers != list(range(len(numbers), 0, -1)):
        fault = f"revisions are numbered from 1 without gaps, newest first (they are {numbers})"
        yield Place("revision", 0, "number"), fault
    yield from _repeated("data", [one.name for one in registry.data])
    yield from _repeated("table", [one.name for one in registry.table])
    yield from _repeated("sent", [one.name for one in registry.sent])
    for index, one in enumerate(registry.data):
        yield from ((Place("data", index, name), f"{one.name}: {fault}") for name, fault in _data_faults(one))
    yield from _table_faults(registry)
    yield from _use_faults(registry)
    if registry.revision[0].digest != server_digest(registry):
        fault = f"the content has changed: add a [[revision]] on top whose digest is {server_digest(registry)}"
        yield Place("revision", 0, "digest"), fault


def _repeated(table: str, names: list[str]) -> Iterator[tuple[Place, str]]:
    for index, name in enumerate(names):
        if name in names[:index]:
            yield Place(table, index, "name"), f"{name}: its name is taken by an entry before it"


def _data_faults(one: Data) -> Iterator[tuple[str, str]]:
    """Yield the contradictions in one kind of data: field and message."""
    needs_period = one.retention in WITH_PERIOD
    unknown = one.period is not None and not one.period[0].isdigit() and one.period not in SECTION_OF
    personal = "operation" not in one.subjects
    rules = (
        ("retention", needs_period and one.period is None, f'the retention "{one.retention}" needs a `period`'),
        ("period", not needs_period and one.period is not None, f'the retention "{one.retention}" has no `period`'),
        ("period", unknown, f"there is no setting {one.period}"),
        ("subjects", not personal and len(one.subjects) > 1, '"operation" is for data that is about no person'),
        ("basis", personal == (one.basis == "none"), 'data of "operation", and only it, has the basis "none"'),
    )
    yield from ((name, fault) for name, broken, fault in rules if broken)


def _table_faults(registry: ServerRegistry) -> Iterator[tuple[Place, str]]:
    """Yield the contradictions in the tables and in the fields of requests."""
    subjects = {one.name: one.subjects for one in registry.data}
    for index, table in enumerate(registry.table):
        names = [one.name for one in table.column]
        for row, column in enumerate(table.column):
            rule = _rule(table, column)
            about_visitors = any("visitors" in subjects.get(name, ()) for name in rule.data)
            about_operators = any("operators" in subjects.get(name, ()) for name in rule.data)
            superfluous = column.reason is not None and rule.erase != "kept"
            undeclared = about_operators and not rule.own and rule.own_reason is None
            twice = bool(column.own) and column.own_reason is not None
            rules = (
                (column.name in names[:row], "its name is taken by a column before it"),
                (rule.erase == "kept" and rule.reason is None, "a column that is kept needs a `reason`"),
                (superfluous, "only a column that is kept has a `reason`"),
                (undeclared, "a column about operators is in their export (`own`), or needs an `own_reason`"),
                (twice, "a column in an operator's export has no `own_reason`"),
                (bool(rule.export) and not about_visitors, "only data of visitors can be in an export"),
                (rule.erase != "unrelated" and not about_visitors, "an erasure changes only data of visitors"),
            )
            for broken, fault in rules:
                if broken:
                    yield Place("table", index, "", "column", row), f"{table.name}.{column.name}: {fault}"


def _use_faults(registry: ServerRegistry) -> Iterator[tuple[Place, str]]:
    """Yield names of data that do not exist, and data that is stored nowhere."""
    known = {one.name for one in registry.data}
    used: set[str] = set()
    for index, table in enumerate(registry.table):
        for row, column in enumerate(table.column):
            names = column.data or table.data
            used.update(names)
            for name in sorted({*names} - known):
                place = Place("table", index, "", "column", row)
                yield place, f"{table.name}.{column.name}: there is no data {name}"
    for index, sent in enumerate(registry.sent):
        for row, field in enumerate(sent.field):
            for name in sorted({*field.data} - known):
                yield Place("sent", index, "", "field", row), f"{sent.name}.{field.name}: there is no data {name}"
    for index, one in enumerate(registry.data):
        if one.location == "database" and one.name not in used:
            yield Place("data", index, "name"), f"{one.name}: no column has it"


SUBJECTS: tuple[Subject, ...] = get_args(Subject)
"""The groups in which data is shown: data is in the group of its first subject."""
