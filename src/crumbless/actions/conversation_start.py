"""A visitor's first message: makes visitor, conversation and session, and appends it. Nothing exists before it."""

from base64 import urlsafe_b64encode
from dataclasses import dataclass

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from crumbless.actions.consent_follow import chain_under
from crumbless.domain.access import Session
from crumbless.domain.entry import NewEntry, check_entry_id, check_text, entry_for_visitor
from crumbless.domain.ports import LedgerPort, ReaderPort
from crumbless.domain.proof import token_hash
from crumbless.domain.wire import StartAnswer, StartRequest
from crumbless.errors import Refused
from crumbless.ids import new_id, new_token, now_ms
from crumbless.store.conversation_store import add_conversation, find_conversation, hold_consent
from crumbless.store.people_store import Site, add_session, add_visitor, find_site, find_visitor

DAY_MS = 86_400_000

MIN_CLAIM, MAX_CLAIM = 22, 128
"""Length of a claim, in characters: at least 128 random bits."""

UNBOUND_SESSION_MS = 2 * 3_600_000
"""A session without a key can be copied, so it is short."""


@dataclass(frozen=True, slots=True)
class _Visitor:
    """Who writes: found by their key, or new with this message."""

    id: str
    conversation: str
    new: bool
    name: str | None


async def start_conversation(
    request: StartRequest,
    thumbprint: str | None,
    ledger: LedgerPort,
    reader: ReaderPort,
    session_days: int,
) -> StartAnswer:
    """Start, or start again with the same key and entry id, which gives the same visitor, conversation and entry.

    Args:
        thumbprint: of the key that signed the request; None for a browser without WebCrypto.

    Raises:
        Refused: for the text or id; `not_found` for the site; `foreign_origin`; `id_conflict`; `busy`.
    """
    check_entry_id(request.id)
    text = check_text(request.text)
    site = await reader.read(lambda connection: find_site(connection, request.site))
    if site is None:
        raise Refused("not_found")
    if request.page_origin not in site.origins:
        raise Refused("foreign_origin")
    name = thumbprint or _claimed_name(request.claim)
    while True:
        visitor = await reader.read(lambda connection: _find_or_name(connection, site, name))
        try:
            return await _append_first(request, text, site, visitor, thumbprint, ledger, session_days)
        except IntegrityError:
            # The same key started at the same moment on another connection: now there is somebody to find.
            if visitor.new:
                continue
            raise
        except Refused as refused:
            # Erased since they were found: from then on they are somebody new.
            if refused.code == "erased" and not visitor.new:
                continue
            raise


async def _append_first(
    request: StartRequest,
    text: str,
    site: Site,
    visitor: _Visitor,
    thumbprint: str | None,
    ledger: LedgerPort,
    session_days: int,
) -> StartAnswer:
    token = new_token("crv_")
    lifetime = UNBOUND_SESSION_MS if thumbprint is None else session_days * DAY_MS
    session = Session(
        new_id(), "visitor", site.workspace, visitor.id, "", thumbprint, now_ms() + lifetime, visitor.conversation
    )

    def begin(connection: Connection) -> None:
        if visitor.new:
            add_visitor(connection, site, visitor.id, visitor.name)
            add_conversation(connection, site, visitor.id, visitor.conversation)
        add_session(connection, session, token_hash(token))
        # Before the entry, so that the start itself is told; a receipt that holds nothing must not hinder a chat.
        hold_consent(connection, visitor.conversation, chain_under(connection, site, request.consent))

    entry = NewEntry(
        site.workspace, visitor.conversation, request.id, now_ms(), "message", "visitor", visitor.id, "", text
    )
    appended = await ledger.append(entry, begin)
    told = entry_for_visitor(appended.entry, appended.seq)
    return StartAnswer(token, session.expires_at, session.bound, visitor.id, visitor.conversation, told)


def _claimed_name(claim: str) -> str | None:
    """What stands in place of a key's thumbprint: a hash of the claim, which no key has."""
    if not claim:
        return None
    if not MIN_CLAIM <= len(claim) <= MAX_CLAIM or not claim.isascii():
        raise Refused("invalid", f"claim has {MIN_CLAIM} to {MAX_CLAIM} ASCII characters.")
    return urlsafe_b64encode(token_hash(f"claim {claim}")).rstrip(b"=").decode()


def _find_or_name(connection: Connection, site: Site, name: str | None) -> _Visitor:
    found = name and find_visitor(connection, site, name)
    conversation = found and find_conversation(connection, found)
    if found and conversation:
        return _Visitor(found, conversation, new=False, name=name)
    return _Visitor(new_id(), new_id(), new=True, name=name)
