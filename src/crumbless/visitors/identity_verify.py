"""Verifies a visitor by a site's token, links the visitor to a contact and continues their conversation."""

from dataclasses import dataclass

from sqlalchemy import Connection

from crumbless.accounts.one_time_token_store import void_one_time_tokens
from crumbless.core.errors import ApiError
from crumbless.core.ids import new_id, new_token, now_ms, wall_ms
from crumbless.core.time_units import DAY_MS
from crumbless.ledger.after_commit import after_commit
from crumbless.ledger.events import ReachChanged
from crumbless.ledger.ledger_port import LedgerPort, ReaderPort
from crumbless.realtime.session_store import add_session
from crumbless.security.access import Session, require
from crumbless.security.dpop import token_hash
from crumbless.security.encryption import DecryptionFailed, SecretBox
from crumbless.sites.site_store import Site, find_site
from crumbless.visitors.ban_port import BansPort
from crumbless.visitors.contact_store import (
    conversation_to_transfer,
    conversations_of,
    end_sessions_before_link,
    find_contact,
    find_linked_visitor,
    link_visitor,
    mark_verified,
    store_contact,
    visitors_of_contact,
)
from crumbless.visitors.identity_key_store import StoredKey, find_identity_key, note_key_used
from crumbless.visitors.identity_token import IdentityKey, VisitorIdentity, kid_of, read_identity
from crumbless.visitors.identity_wire import IdentifyResponse, VisitorSessionResponse
from crumbless.visitors.visitor_reach import reach_of
from crumbless.visitors.visitor_store import site_key_of_visitor


@dataclass(frozen=True, slots=True)
class VerifiedIdentity:
    """The person that a site has verified, and the key that signed the token."""

    identity: VisitorIdentity
    key: StoredKey


@dataclass(frozen=True, slots=True)
class IdentityVerification:
    """Checks the identity tokens that sites sign."""

    reader: ReaderPort
    ledger: LedgerPort
    bans: BansPort
    secret_box: SecretBox
    session_days: int

    async def check(self, token: str, site: Site, thumbprint: str | None) -> VerifiedIdentity:
        """Return the person that the token identifies on this site, if the key `thumbprint` may use it.

        Raises:
            ApiError: `identity_refused`; `banned` if the contact is banned.
        """
        if site.identity_mode == "off":
            raise ApiError("identity_refused", "This site does not verify its visitors.")
        kid = kid_of(token)
        stored_key = await self.reader.read(lambda connection: find_identity_key(connection, site.id, kid))
        if stored_key is None:
            raise ApiError("identity_refused", "Reload the page. For developers: the site has no key with this kid.")
        identity = read_identity(token, self._open(stored_key), site.key, wall_ms() / 1000)
        if identity.thumbprint is not None and identity.thumbprint != thumbprint:
            raise ApiError("identity_refused", "Reload the page. For developers: cnf names another key.")
        contact = await self.reader.read(lambda connection: find_contact(connection, site.id, identity.subject))
        if (await self.bans.current()).holds(site.workspace, contact=contact):
            raise ApiError("banned")
        return VerifiedIdentity(identity, stored_key)

    def _open(self, stored_key: StoredKey) -> IdentityKey:
        if stored_key.public_key is not None:
            return IdentityKey(stored_key.kid, stored_key.algorithm, stored_key.public_key.encode())
        try:
            return IdentityKey(
                stored_key.kid,
                stored_key.algorithm,
                self.secret_box.decrypt(stored_key.secret or b"", f"identity:{stored_key.kid}"),
            )
        except DecryptionFailed:
            raise ApiError("identity_refused", "The site's key cannot be decrypted. Create a new one.") from None

    async def identify(self, actor: Session, site_key: str, token: str) -> IdentifyResponse:
        """Verify the session's visitor, with all conversations of its key.

        If this links the visitor to a contact, all other sessions of the visitor end (see `link_contact`).

        Raises:
            ApiError: as `check`; `not_found` for another site; `other_identity` if the chat belongs to another
                contact; `invalid_token` if the session ended in the meantime.
        """
        require(actor, "identify_own")
        site = await self._site_of(actor, site_key)
        verified_identity = await self.check(token, site, actor.thumbprint)

        def link(connection: Connection) -> None:
            reach_of(connection, actor.id)
            link_contact(connection, site, actor.subject, verified_identity, actor.thumbprint, actor.id)
            mark_verified(connection, actor.id)
            after_commit(connection, ReachChanged(actor.workspace, visitors_of_contact(connection, actor.subject)))

        # Takes the workspace's lock, so that no other node creates a session or code of the visitor in the meantime.
        await self.ledger.write(link, actor.workspace)
        actor.name = verified_identity.identity.name
        return IdentifyResponse(actor.name)

    async def _site_of(self, actor: Session, site_key: str) -> Site:
        def find(connection: Connection) -> Site | None:
            return (
                find_site(connection, site_key) if site_key_of_visitor(connection, actor.subject) == site_key else None
            )

        if (site := await self.reader.read(find)) is None:
            raise ApiError("not_found")
        return site

    async def resume(self, site: Site, token: str, thumbprint: str) -> IdentifyResponse:
        """Continue the contact's conversation on a device without a chat. Do nothing if there is no conversation.

        Raises:
            ApiError: as `check`; `banned` if the visitor who started the conversation is banned.
        """
        verified_identity = await self.check(token, site, thumbprint)
        bans = await self.bans.current()

        def open_resumed(connection: Connection) -> IdentifyResponse:
            contact = find_contact(connection, site.id, verified_identity.identity.subject)
            found = contact and conversation_to_transfer(connection, contact)
            if not found:
                return IdentifyResponse(verified_identity.identity.name)
            visitor, conversation = found
            if bans.holds(site.workspace, visitor=visitor):
                raise ApiError("banned")
            store_contact(connection, site, verified_identity.identity)
            note_key_used(connection, verified_identity.key)
            return IdentifyResponse(
                verified_identity.identity.name,
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

        return await self.ledger.write(open_resumed, site.workspace)


def link_contact(
    connection: Connection,
    site: Site,
    visitor_id: str,
    verified_identity: VerifiedIdentity,
    thumbprint: str | None,
    session_id: str | None = None,
) -> None:
    """Link the visitor to the contact.

    Threat: an attacker starts a chat, a victim continues it by a code or link, and is then verified. So the first link
    makes everything older invalid: other sessions, unused codes and links, and the key that started the conversation.

    Args:
        thumbprint: the key that presented the token. It becomes the visitor's key.
        session_id: the session that presented the token, which continues.

    Raises:
        ApiError: `other_identity` if the visitor is linked to another contact.
    """
    contact = store_contact(connection, site, verified_identity.identity)
    known = find_linked_visitor(connection, visitor_id)
    if known is None:
        raise ApiError("invalid_token")
    if known.contact not in {None, contact}:
        raise ApiError("other_identity")
    note_key_used(connection, verified_identity.key)
    if known.contact is not None:
        return
    link_visitor(connection, known, contact, verified_identity.identity.name, thumbprint)
    for conversation in conversations_of(connection, [visitor_id]):
        void_one_time_tokens(connection, "continue_code", conversation)
        void_one_time_tokens(connection, "continue_link", conversation)
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
) -> VisitorSessionResponse:
    """Open a session of the visitor, bound to this key. The client shows `conversation` first.

    Only if the site has just `verified` the visitor, the session reaches the conversations of the contact's other
    visitors.
    """
    token = new_token("crv_")
    session = Session(
        id=new_id(),
        role="visitor",
        workspace=workspace,
        subject=visitor,
        name="",
        thumbprint=thumbprint,
        expires_at=now_ms() + days * DAY_MS,
    )
    add_session(connection, session, token_hash(token), verified=verified)
    return VisitorSessionResponse(token, session.expires_at, visitor, conversation)
