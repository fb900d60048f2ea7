"""Fills an empty Crumbless database with workspaces, operators, visitors and their key-bound sessions.

It uses the product's own store functions in one transaction; 5,000 starts over HTTP would measure nothing more.
"""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from crumbless.accounts.operator_store import add_operator
from crumbless.conversations.conversation_store import add_conversation
from crumbless.core.ids import new_id, new_token, now_ms
from crumbless.core.time_units import DAY_MS
from crumbless.database.database import write_once
from crumbless.people.workspace_store import add_workspace
from crumbless.realtime.session_store import add_session
from crumbless.security.access import Session
from crumbless.security.dpop import token_hash
from crumbless.sites.site_store import Site, add_site, find_site
from crumbless.visitors.visitor_store import add_visitor
from session_proof import ClientKey

_NO_PASSWORD = "!"
"""Not the hash of any password: these operators only have the sessions made here."""


@dataclass(frozen=True)
class Layout:
    """How many workspaces, and what each of them has."""

    workspaces: int
    conversations: int
    operators: int


@dataclass(frozen=True)
class SignedIn:
    """A session and the key it is bound to. `conversation` is a visitor's own, and empty for operators."""

    token: str
    key: ClientKey
    workspace: int
    conversation: str = ""


@dataclass(frozen=True)
class Seeded:
    """All clients that can sign in, workspace by workspace."""

    visitors: list[SignedIn]
    operators: list[SignedIn]


def seed_database(database: Path, layout: Layout, page_origin: str) -> Seeded:
    """Fills a migrated database and returns who was put into it. Pages of `page_origin` may show every site's chat."""
    return seed_url(f"sqlite:///{database}", layout, page_origin)


def seed_url(database_url: str, layout: Layout, page_origin: str) -> Seeded:
    """As `seed_database`, for any database."""

    def fill(connection: Connection) -> Seeded:
        seeded = Seeded([], [])
        for number in range(layout.workspaces):
            _add_workspace(connection, number, layout, page_origin, seeded)
        return seeded

    return write_once(database_url, fill)


def _add_workspace(connection: Connection, number: int, layout: Layout, page_origin: str, seeded: Seeded) -> None:
    workspace = add_workspace(connection, f"Shop {number}")
    add_site(connection, workspace, f"site{number}", f"Shop {number}", [page_origin])
    site = find_site(connection, f"site{number}")
    if site is None:
        raise RuntimeError("the site that was just added is not there")
    seeded.operators.extend(_add_operator(connection, workspace, n) for n in range(layout.operators))
    seeded.visitors.extend(_add_visitor(connection, site) for _ in range(layout.conversations))


def _add_operator(connection: Connection, workspace: int, number: int) -> SignedIn:
    name = f"Operator {number}"
    operator = add_operator(connection, workspace, f"o{number}@shop{workspace}.example", name, _NO_PASSWORD)
    person = SignedIn(new_token("cro_"), ClientKey(), workspace)
    session = Session(
        id=new_id(),
        role="owner",
        workspace=workspace,
        subject=operator,
        name=name,
        thumbprint=person.key.thumbprint,
        expires_at=now_ms() + DAY_MS,
    )
    add_session(connection, session, token_hash(person.token))
    return person


def _add_visitor(connection: Connection, site: Site) -> SignedIn:
    visitor, conversation = new_id(), new_id()
    person = SignedIn(new_token("crv_"), ClientKey(), site.workspace, conversation)
    add_visitor(connection, site, visitor, person.key.thumbprint)
    add_conversation(connection, site, visitor, conversation)
    session = Session(
        id=new_id(),
        role="visitor",
        workspace=site.workspace,
        subject=visitor,
        name="",
        thumbprint=person.key.thumbprint,
        expires_at=now_ms() + DAY_MS,
    )
    add_session(connection, session, token_hash(person.token))
    return person
