"""Entries and sessions for tests of single modules."""

import json
from typing import Any

from msgspec import Raw

from crumbless.core.ids import new_id
from crumbless.ledger.entry import Appended, NewEntry, message_data
from crumbless.protocol.timeline import Entry
from crumbless.security.access import Session

CONVERSATION = "01890a5d-ac96-774b-bcce-b302099a8057"
OTHER_CONVERSATION = "01890a5d-ac96-774b-bcce-b302099a8058"
SITE = 1
FAR_AWAY = 2**53
"""A time that no test reaches."""


def make_entry(**changed: Any) -> NewEntry:
    """A visitor's message with a new id."""
    good: dict[str, Any] = {
        "workspace": 1,
        "conversation": CONVERSATION,
        "id": new_id(),
        "at": 1_700_000_000_000,
        "kind": "message",
        "author_kind": "visitor",
        "author_id": "visitor-1",
        "author_name": "",
    }
    text = changed.pop("text", "Hello")
    if changed.get("kind", "message") in {"message", "note"}:
        good["data"] = message_data(text)
    return NewEntry(**good | changed)


def text_of(entry: NewEntry | Entry) -> str | None:
    """Return the text of a message or a note; None once it was erased, and for other kinds."""
    return json.loads(bytes(Raw(entry.data))).get("text") if entry.data is not None else None


def make_appended(number: int, **changed: Any) -> Appended:
    """Return an entry that was appended as this seq and position, on this site."""
    site, team = changed.pop("site", SITE), changed.pop("team", None)
    return Appended(make_entry(**changed), number, number, number, repeat=False, site=site, team=team)


def make_session(**changed: Any) -> Session:
    """A visitor's session with a key."""
    good: dict[str, Any] = {
        "id": new_id(),
        "role": "visitor",
        "workspace": 1,
        "subject": "visitor-1",
        "name": "",
        "thumbprint": "thumbprint",
        "expires_at": FAR_AWAY,
        "reach": (CONVERSATION,),
    }
    return Session(**good | changed)


def make_operator_session(**changed: Any) -> Session:
    """An operator's session."""
    return make_session(**{"role": "owner", "subject": "operator-1", "name": "Olga", "reach": ()} | changed)
