"""A site vouches for a visitor: the token is checked, the visitor becomes a contact, and their conversation goes on."""

from dataclasses import dataclass

from sqlalchemy import Connection

from crumbless.domain.access import Session, require
from crumbless.domain.events import ReachChanged
from crumbless.domain.identity_token import Identity, IdentityKey, kid_of, read_identity
from crumbless.domain.ports import BansPort, LedgerPort, ReaderPort
from crumbless.domain.proof import token_hash
from crumbless.domain.seal import SealBroken, Vault
from crumbless.domain.wire_identity import IdentifyAnswer, SessionAnswer
from crumbless.errors import Refused
from crumbless.ids import new_id, new_token, now_ms, wall_ms
from crumbless.store.contact_store import (
    conversation_to_continue,
    conversations_of,
    end_sessions_before_link,
    find_contact,
    find_linked_visitor,
    keep_contact,
    link_visitor,
    mark_verified,
    visitors_of_contact,
)
from crumbless.store.conversation_store import site_key_of_visitor
from crumbless.store.identity_key_store import KeptKey, find_identity_key, note_key_used
from crumbless.store.people_store import Site, add_session, find_site
from crumbless.store.ticket_store import void_tickets
from crumbless.store.transaction import after_commit
from crumbless.store.visitor_reach import reach_of

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Vouched:
    """For whom a site vouches, and the key with which it said so."""

    identity: Identity
    key: KeptKey


@dataclass(frozen=True, slots=True)
class IdentityVouch:
    """Takes the word of sites."""

    reader: ReaderPort
    ledger: LedgerPort
    bans: BansPort
    vault: Vault
    session_days: int

    async def check(self, token: str, site: Site, thumbprint: str | None) -> Vouched:
        """For whom the token vouches on this site, when the key `thumbprint` may use it.

        Raises:
            Refused: `identity_refused`; `banned` for a contact who is.
        """
        if site.identity_mode == "off":
            raise Refused("identity_refused", "This site does not say who its visitors are.")
        kid = kid_of(token)
        kept = await self.reader.read(lambda connection: find_identity_key(connection, site.id, kid))
        if kept is None:
            raise Refused("identity_refused", "Load the page again. For its developer: this site has no such kid.")
        identity = read_identity(token, self._open(kept), site.key, wall_ms() / 1000)
        if identity.thumbprint is not None and identity.thumbprint != thumbprint:
            raise Refused("identity_refused", "Load the page again. For its developer: cnf names another key.")
        contact = await self.reader.read(lambda connection: find_contact(connection, site.id, identity.subject))
        if (await self.bans.current()).holds(site.workspace, contact=contact):
            raise Refused("banned")
        return Vouched(identity, kept)

    def _open(self, kept: KeptKey) -> IdentityKey:
        if kept.public_key is not None:
            return IdentityKey(kept.kid, kept.algorithm, kept.public_key.encode())
        try:
            return IdentityKey(kept.kid, kept.algorithm, self.vault.open(kept.secret or b"", f"identity:{kept.kid}"))
        except SealBroken:
            raise Refused("identity_refused", "The site's key cannot be read: make a new one.") from None

    async def identify(self, by: Session, site_key: str, token: str) -> IdentifyAnswer:
        """The visitor, with the conversations of this key, is whom the site vouches for from now on.

        If that links the visitor to a contact, every other session of the visitor ends: see `become_contact`.

        Raises:
            Refused: as `check`; `not_found` for another site; `other_identity` when the chat is another contact's;
                `invalid_token` when the session ended in the meantime.
        """
        require(by, "identify_own")
        site = await self._site_of(by, site_key)
        vouched = await self.check(token, site, by.thumbprint)

        def link(connection: Connection) -> None:
            reach_of(connection, by.id)
            become_contact(connection, site, by.subject, vouched, by.thumbprint, by.id)
            mark_verified(connection, by.id)
            after_commit(connection, ReachChanged(by.workspace, visitors_of_contact(connection, by.subject)))

        # The workspace's lock: no session or code of the visitor is made on another node while this runs.
        await self.ledger.write(link, by.workspace)
        by.name = vouched.identity.name
        return IdentifyAnswer(by.name)

    async def _site_of(self, by: Session, site_key: str) -> Site:
        def find(connection: Connection) -> Site | None:
            return find_site(connection, site_key) if site_key_of_visitor(connection, by.subject) == site_key else None

        if (site := await self.reader.read(find)) is None:
            raise Refused("not_found")
        return site

    async def resume(self, site: Site, token: str, thumbprint: str) -> IdentifyAnswer:
        """On a device without a chat: the contact's conversation goes on there. Makes nothing when there is none.

        Raises:
            Refused: as `check`; `banned` when the visitor who began the conversation is.
        """
        vouched = await self.check(token, site, thumbprint)
        bans = await self.bans.current()

        def begin(connection: Connection) -> IdentifyAnswer:
            contact = find_contact(connection, site.id, vouched.identity.subject)
            found = contact and conversation_to_continue(connection, contact)
            if not found:
                return IdentifyAnswer(vouched.identity.name)
            visitor, conversation = found
            if bans.holds(site.workspace, visitor=visitor):
                raise Refused("banned")
            keep_contact(connection, site, vouched.identity)
            note_key_used(connection, vouched.key)
            return IdentifyAnswer(
                vouched.identity.name,
                open_session(
                    connection,
                    site.workspace,
                    visitor,
                    conversation,
                    thumbprint,
                    self.session_days,
                    verified=True,
                ),
            )

        return await self.ledger.write(begin, site.workspace)


def become_contact(
    connection: Connection,
    site: Site,
    visitor_id: str,
    vouched: Vouched,
    thumbprint: str | None,
    session_id: str | None = None,
) -> None:
    """The visitor is the contact from now on.

    Threat: an attacker begins a chat, and a victim continues it by code or link and is then verified. So with the first
    link everything that existed before it becomes invalid: other sessions, open codes and links, and the key that began
    the conversation.

    Args:
        thumbprint: the key that presented the token; the visitor is known by it from now on.
        session_id: the session that presented it, which goes on.

    Raises:
        Refused: `other_identity` when they are somebody else already.
    """
    contact = keep_contact(connection, site, vouched.identity)
    known = find_linked_visitor(connection, visitor_id)
    if known is None:
        raise Refused("invalid_token")
    if known.contact not in {None, contact}:
        raise Refused("other_identity")
    note_key_used(connection, vouched.key)
    if known.contact is not None:
        return
    link_visitor(connection, known, contact, vouched.identity.name, thumbprint)
    for conversation in conversations_of(connection, [visitor_id]):
        void_tickets(connection, "continue_code", conversation)
        void_tickets(connection, "continue_link", conversation)
    end_sessions_before_link(connection, visitor_id, session_id)


def open_session(
    connection: Connection,
    workspace: int,
    visitor: str,
    conversation: str,
    thumbprint: str,
    days: int,
    *,
    verified: bool = False,
) -> SessionAnswer:
    """Open a session of the visitor, bound to this key. `conversation` is the one that it opens with.

    Unless the site has just `verified` the visitor, the session reaches nothing of the contact's other visitors.
    """
    token = new_token("crv_")
    session = Session(new_id(), "visitor", workspace, visitor, "", thumbprint, now_ms() + days * DAY_MS)
    add_session(connection, session, token_hash(token), verified=verified)
    return SessionAnswer(token, session.expires_at, visitor, conversation)
