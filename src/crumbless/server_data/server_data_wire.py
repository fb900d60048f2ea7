"""The wire types of the data on the server. See frames.py for the conventions."""

import msgspec


class ServerDataRow(msgspec.Struct, frozen=True):
    """A kind of data, in texts of the requested language. `name` identifies it.

    `count`: its rows in this workspace; null if they are not counted. `more`: there are more than `count`.
    """

    name: str
    label: str
    contains: str
    purpose: str
    basis: str
    deleted: str
    recipients: str
    location: str
    count: int | None = None
    more: bool = False


class ServerDataGroup(msgspec.Struct, frozen=True):
    """The data about visitors, about operators, or about no person."""

    name: str
    label: str
    rows: list[ServerDataRow]


class ServerDataSent(msgspec.Struct, frozen=True):
    """A moment at which data leaves a visitor's device, and the data."""

    name: str
    when: str
    contains: str


class ServerDataColumn(msgspec.Struct, frozen=True):
    """A column of the database. `export`: its path in a visitor's export, or empty. `erasure`: the effect of one."""

    table: str
    column: str
    data: list[str]
    export: str
    erasure: str


class ServerDataResponse(msgspec.Struct, frozen=True):
    """All data on the server, and the revision of the registry (server_data.toml) with its date."""

    revision: int
    updated: str
    groups: list[ServerDataGroup]
    sent: list[ServerDataSent]


class ServerDataRecord(msgspec.Struct, frozen=True):
    """A record of processing as a file. `organisation`, `address` and `email` are those of the settings."""

    created_at: int
    organisation: str
    address: str
    email: str
    revision: int
    updated: str
    groups: list[ServerDataGroup]
    sent: list[ServerDataSent]
    columns: list[ServerDataColumn]
