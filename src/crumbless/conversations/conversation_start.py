"""Creates visitor, conversation and session with a visitor's first message, in one transaction.

conversation_add.py starts another conversation for a visitor who has a session.
"""

from base64 import urlsafe_b64encode
from dataclasses import dataclass, replace

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from crumbless.conversations.consent_bind import receipt_chain_for
from crumbless.conversations.conversation_store import add_conversation, bind_consent, find_conversation
from crumbless.conversations.conversation_wire import StartRequest, StartResponse
from crumbless.core.errors import ApiError, CrumblessError
from crumbless.core.ids import new_id, new_token, now_ms
from crumbless.core.time_units import DAY_MS, HOUR_MS
from crumbless.http.action_services import ActionServices
from crumbless.ledger.after_commit import after_commit
from crumbless.ledger.entry import NewEntry, check_entry_id, check_text, entry_for_visitor, message_data
from crumbless.ledger.events import ReachChanged
from crumbless.realtime.session_store import add_session
from crumbless.security.access import Session
from crumbless.security.dpop import token_hash
from crumbless.sites.site_store import Site, find_site
from crumbless.visitors.contact_store import find_linked_visitor, visitors_of_contact
from crumbless.visitors.identity_key_store import read_mode
from crumbless.visitors.identity_verify import VerifiedIdentity, link_contact
from crumbless.visitors.visitor_services import VisitorServices
from crumbless.visitors.visitor_store import add_visitor, find_visitor, note_visitor_network

MIN_CLAIM, MAX_CLAIM = 22, 128
"""Length of a claim, in characters: at least 128 random bits."""

UNBOUND_SESSION_MS = 2 * HOUR_MS
"""A session without a key can be copied, so it is short."""


class _KeyMoved(CrumblessError):
    """The visitor that was found by a key no longer has this key."""


@dataclass(frozen=True, slots=True)
class _Visitor:
    """The visitor who writes: found by the key, or new with this message."""

    id: str
    conversation: str
    new: bool
    name: str | None
    contact: str | None = None


@dataclass(frozen=True, slots=True)
class StartContext:
    """The origin of a first message.

    Args:
        thumbprint: the key that signed it; None for a browser without WebCrypto.
        network: the keyed hash of the client's network.
        verified_identity: the person that the site has verified.
    """

    thumbprint: str | None
    network: str | None = None
    verified_identity: VerifiedIdentity | None = None


async def start_conversation(
    services: ActionServices, context: StartContext, request: StartRequest, visitors: VisitorServices
) -> StartResponse:
    """Start a conversation. The same key and entry ID return the same visitor, conversation and entry again.

    The same key with another ID continues the visitor's newest conversation.

    Raises:
        ApiError: for an invalid text or ID; `not_found` for the site; `foreign_origin`; `id_conflict`; `busy`;
            `banned`; `identity_refused` and `identity_needed` if the site verifies visitors; `other_identity`.
    """
    check_entry_id(request.id)
    text = check_text(request.text)
    site = await _find_site_of(services, request)
    if request.identity:
        context = replace(
            context, verified_identity=await visitors.verification.check(request.identity, site, context.thumbprint)
        )
    elif site.identity_mode == "required":
        raise ApiError("identity_needed")
    bans = await visitors.bans.current()
    name = context.thumbprint or _claimed_name(request.claim)
    while True:
        visitor = await services.read(lambda connection: _find_or_name(connection, site, name, request.id))
        if bans.holds(
            site.workspace,
            visitor=visitor.id,
            key=context.thumbprint,
            contact=visitor.contact,
            network=context.network,
        ):
            raise ApiError("banned")
        try:
            days = visitors.verification.session_days
            return await _append_first(services, request, text, site, visitor, context, session_days=days)
        except IntegrityError:
            # Another connection started with the same key at once, so the visitor exists now.
            if visitor.new:
                continue
            raise
        except _KeyMoved:
            # The visitor was verified on another device or erased after the read, so the key no longer belongs to them.
            continue
        except ApiError as error:
            # The visitor was erased after the read, so the key starts a new visitor.
            if error.code == "erased" and not visitor.new:
                continue
            raise


async def _find_site_of(services: ActionServices, request: StartRequest) -> Site:
    site = await services.read(lambda connection: find_site(connection, request.site))
    if site is None:
        raise ApiError("not_found")
    if request.page_origin not in site.origins:
        raise ApiError("foreign_origin")
    return site


async def _append_first(
    services: ActionServices,
    request: StartRequest,
    text: str,
    site: Site,
    visitor: _Visitor,
    context: StartContext,
    *,
    session_days: int,
) -> StartResponse:
    token = new_token("crv_")
    thumbprint = context.thumbprint
    lifetime = UNBOUND_SESSION_MS if thumbprint is None else session_days * DAY_MS
    session = Session(
        id=new_id(),
        role="visitor",
        workspace=site.workspace,
        subject=visitor.id,
        name="",
        thumbprint=thumbprint,
        expires_at=now_ms() + lifetime,
    )

    def prepare(connection: Connection) -> None:
        # Checked again inside the transaction: no start may follow a change to "required".
        if context.verified_identity is None and read_mode(connection, site.id) == "required":
            raise ApiError("identity_needed")
        if visitor.new:
            add_visitor(connection, site, visitor.id, visitor.name, context.network)
            add_conversation(connection, site, visitor.id, visitor.conversation)
        elif visitor.name is None or find_visitor(connection, site, visitor.name) != visitor.id:
            raise _KeyMoved
        elif context.network is not None:
            note_visitor_network(connection, visitor.id, context.network)
        if context.verified_identity is not None:
            link_contact(connection, site, visitor.id, context.verified_identity, context.thumbprint)
            after_commit(connection, ReachChanged(site.workspace, visitors_of_contact(connection, visitor.id)))
        add_session(connection, session, token_hash(token), verified=context.verified_identity is not None)
        # Bound before the entry, so that the start itself is relayed. An unknown receipt does not reject the message.
        bind_consent(connection, visitor.conversation, receipt_chain_for(connection, site, request.consent))

    name = context.verified_identity.identity.name if context.verified_identity else ""
    entry = NewEntry(
        workspace=site.workspace,
        conversation=visitor.conversation,
        id=request.id,
        at=now_ms(),
        kind="message",
        author_kind="visitor",
        author_id=visitor.id,
        author_name=name,
        data=message_data(text),
    )
    appended = await services.append(entry, prepare)
    return StartResponse(
        token, session.expires_at, session.bound, visitor.id, visitor.conversation, entry_for_visitor(appended)
    )


def _claimed_name(claim: str) -> str | None:
    """Return the value used as a key's thumbprint: a hash of the claim, which never equals a thumbprint."""
    if not claim:
        return None
    if not MIN_CLAIM <= len(claim) <= MAX_CLAIM or not claim.isascii():
        raise ApiError("invalid", f"claim must have {MIN_CLAIM} to {MAX_CLAIM} ASCII characters.")
    return urlsafe_b64encode(token_hash(f"claim {claim}")).rstrip(b"=").decode()


def _find_or_name(connection: Connection, site: Site, name: str | None, entry_id: str) -> _Visitor:
    found = name and find_visitor(connection, site, name)
    conversation = found and find_conversation(connection, found, entry_id)
    if found and conversation:
        known = find_linked_visitor(connection, found)
        return _Visitor(found, conversation, new=False, name=name, contact=known and known.contact)
    return _Visitor(new_id(), new_id(), new=True, name=name)
