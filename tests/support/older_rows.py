"""A few rows of every table for each earlier schema."""

from typing import Any

from sqlalchemy import Connection, MetaData, insert

from crumbless.database.database import write_once

Rows = dict[str, list[dict[str, Any]]]

_VISITOR = "018f0000-0000-7000-8000-000000000001"
_OPERATOR = "018f0000-0000-7000-8000-000000000002"
_CONVERSATION = "018f0000-0000-7000-8000-000000000003"
_AT = 1_700_000_000_000

_ENTRY = {"workspace_id": 1, "conversation_no": 1, "at": _AT, "event": ""}

BEGIN: Rows = {
    "workspace": [{"id": 1, "name": "Tea", "position": 2, "created_at": _AT}],
    "operator": [
        {
            "id": _OPERATOR,
            "workspace_id": 1,
            "email": "olga@tea.example",
            "name": "Olga",
            "role": "owner",
            "password_hash": "$argon2id$...",
            "created_at": _AT,
        }
    ],
    "site": [
        {
            "id": 1,
            "workspace_id": 1,
            "key": "tea-shop",
            "name": "Tea shop",
            "origins": ["https://tea.example"],
            "accent": "#0a0a0a",
            "side": "left",
            "created_at": _AT,
        }
    ],
    "visitor": [
        {"id": _VISITOR, "workspace_id": 1, "site_id": 1, "thumbprint": "t" * 43, "name": "Vera", "created_at": _AT}
    ],
    "conversation": [
        {
            "no": 1,
            "id": _CONVERSATION,
            "workspace_id": 1,
            "site_id": 1,
            "visitor_id": _VISITOR,
            "status": "open",
            "last_seq": 2,
            "position": 2,
            "visitor_seen": 2,
            "operator_seen": 2,
            "seen_position": 2,
            "started_at": _AT,
        }
    ],
    "entry": [
        _ENTRY
        | {"position": 1, "seq": 1, "id": "018f0000-0000-7000-8000-000000000004", "kind": "message", "text": "Hello é"}
        | {"author_kind": "visitor", "author_id": _VISITOR, "author_name": ""},
        _ENTRY
        | {"position": 2, "seq": 2, "id": "018f0000-0000-7000-8000-000000000005", "kind": "message", "text": "Good day"}
        | {"author_kind": "operator", "author_id": _OPERATOR, "author_name": "Olga"},
    ],
    "session": [
        {
            "id": "018f0000-0000-7000-8000-000000000006",
            "workspace_id": 1,
            "token_hash": bytes(range(32)),
            "thumbprint": "t" * 43,
            "operator_id": None,
            "visitor_id": _VISITOR,
            "conversation_id": _CONVERSATION,
            "created_at": _AT,
            "expires_at": 4_000_000_000_000,
            "ended_at": None,
        }
    ],
}

_SITE = {"workspace_id": 1, "site_id": 1}

TAGS: Rows = BEGIN | {
    "site": [BEGIN["site"][0] | {"consent_revision": 3}],
    "site_tag": [
        _SITE | {"service": "ga4", "way": "relay", "identifier": "G-1", "secret": "hush", "created_at": _AT},
    ],
    "consent_receipt": [
        _SITE
        | {"no": 1, "receipt": "r" * 22, "chain": "r" * 22, "previous": None, "request_id": None, "analytics": 1}
        | {"marketing": 0, "services": ["ga4"], "source": "banner", "revision": 3, "language": "en"}
        | {"text_digest": "d" * 64, "at": _AT, "signature": "s"},
    ],
    "relay_event": [
        _SITE
        | {"id": 1, "service": "ga4", "name": "chat_started", "chain": "r" * 22, "at": _AT, "due_at": _AT, "tries": 1},
    ],
    "site_counter": [_SITE | {"day": "2026-01-01", "name": "ga4_sent", "count": 7}],
    "installation_secret": [{"name": "receipt_key", "value": b"\x00\xff" * 16}],
}

CORE: Rows = {
    "entry": [
        {key: value for key, value in row.items() if key not in {"text", "event"}}
        | {"visitor_seq": row["seq"], "data": f'{{"text":"{row["text"]}"}}'}
        for row in BEGIN["entry"]
    ],
    "conversation": [
        BEGIN["conversation"][0] | {"number": 1, "waiting_since": None, "last_visitor_seq": 2},
    ],
    "session": [{name: value for name, value in BEGIN["session"][0].items() if name != "conversation_id"}],
}
"""The same entries, conversation and session since 0007."""
OUTBOX: Rows = {
    "task": [
        {"workspace_id": 1, "kind": "ga4", "destination": "1", "about": "r" * 22, "payload": {"name": "chat_started"}}
        | {"created_at": _AT, "due_at": _AT, "attempts": 1, "claimed_by": None, "claimed_until": None},
    ]
}
"""The events for vendors of TAGS, as they are since 0009_names."""

_RENAMED_TABLES = {"site_tag": "vendor_tag"}
_RENAMED_COLUMNS = {"site_tag": {"way": "mode"}, "consent_receipt": {"chain": "receipt_chain"}}


def with_new_names(rows: Rows) -> Rows:
    """Return rows of an older schema under the names of 0009_names."""
    return {
        _RENAMED_TABLES.get(table, table): [
            {_RENAMED_COLUMNS.get(table, {}).get(column, column): value for column, value in row.items()}
            for row in kept
        ]
        for table, kept in rows.items()
    }


OLDER: dict[str, Rows] = {"0001": BEGIN, "0002": TAGS}
"""By revision."""


def put_in(url: str, rows: Rows) -> None:
    """Insert those of the rows whose tables the database has."""

    def run(connection: Connection) -> None:
        found = MetaData()
        found.reflect(connection)
        for table in found.sorted_tables:
            if rows.get(table.name):
                connection.execute(insert(table), rows[table.name])

    write_once(url, run)
