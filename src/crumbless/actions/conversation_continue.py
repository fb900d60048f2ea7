"""A chat continues on another device: by a link in an email, or by a code that is typed there.

Each works once, hands over the visitor with all conversations, opens one of them, and binds the new session to the
other device's own key.
"""

import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hmac import digest as hmac_digest

from sqlalchemy import Connection

from crumbless.actions.identity_vouch import open_session
from crumbless.actions.mail_write import queue_mail
from crumbless.domain.access import Session, require
from crumbless.domain.mail_order import MailRequest, check_address
from crumbless.domain.ports import BansPort, LedgerPort
from crumbless.domain.seal import SecretBox
from crumbless.domain.wire_identity import DeviceTransferCode, DeviceTransferMailRequest, VisitorSessionResponse
from crumbless.errors import ApiError
from crumbless.ids import now_ms
from crumbless.store.contact_store import conversations_of, find_linked_visitor
from crumbless.store.conversation_store import find_visitor_of, site_key_of, site_key_of_visitor
from crumbless.store.identity_key_store import read_mode
from crumbless.store.people_store import Site, find_site
from crumbless.store.ticket_store import (
    OneTimeTokenKind,
    find_one_time_token,
    new_one_time_token,
    spend_one_time_token,
    void_one_time_tokens,
)
from crumbless.store.visitor_reach import Reach, choose_reached, reach_of

LINK_HOURS = 24
CODE_SECONDS = 600
CODE_LENGTH = 8

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: without letters that are taken for others. Eight of it have 40 bits."""

_MISTAKEN = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})


@dataclass(frozen=True, slots=True)
class DeviceTransfer:
    """Gives out links and codes, and takes them."""

    ledger: LedgerPort
    bans: BansPort
    secret_box: SecretBox
    session_days: int

    async def make_code(self, actor: Session, conversation: str | None) -> DeviceTransferCode:
        """Return a new code. One that the visitor was given before is void.

        Args:
            conversation: the one that opens on the other device; None: the newest of the session's own visitor.

        Raises:
            ApiError: `forbidden`, `unknown_conversation`, `invalid_token` when the session has ended, `busy`.
        """
        require(actor, "continue_own")
        code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))

        def make(connection: Connection) -> DeviceTransferCode:
            site, reach = _site_of(connection, actor)
            for one in conversations_of(connection, reach.visitors):
                void_one_time_tokens(connection, "continue_code", one)
            secret = self._code_secret(site.key, code)
            _make_one_time_token(connection, "continue_code", actor, conversation, CODE_SECONDS, secret)
            return DeviceTransferCode(f"{code[:4]}-{code[4:]}", now_ms() + CODE_SECONDS * 1000)

        return await self.ledger.write(make, actor.workspace)

    async def send_link(self, actor: Session, request: DeviceTransferMailRequest) -> None:
        """Send a link by email. It opens the conversations of this visitor alone, even if others have the address.

        Raises:
            ApiError: `forbidden`, `invalid` for a bad address, `unknown_conversation`, `invalid_token` when the session
                has ended, `busy`.
        """
        require(actor, "continue_own")
        check_address(request.email)

        def send(connection: Connection) -> None:
            site, _ = _site_of(connection, actor)
            _, secret = _make_one_time_token(
                connection, "continue_link", actor, request.conversation, LINK_HOURS * 3600
            )
            values = {"site": site.key, "site_name": site.name, "hours": str(LINK_HOURS), "secret": secret}
            queue_mail(
                connection,
                self.secret_box,
                actor.workspace,
                MailRequest("continuation", request.email, request.language, values, about=actor.subject),
            )

        await self.ledger.write(send, actor.workspace)

    async def take(self, site: Site, told: str, thumbprint: str) -> VisitorSessionResponse:
        """Open a session of the visitor of a link or code with this key. Of many at once, one wins.

        The new session reaches the conversations of this visitor alone, also if the visitor is verified.

        Raises:
            ApiError: `ticket_gone`, the same for one that never was, was used, is too old, is another site's, or whose
                conversation was erased; `banned`; `identity_needed` where the site must vouch and did not.
        """
        is_link = told.startswith("crt_")
        kind: OneTimeTokenKind = "continue_link" if is_link else "continue_code"
        secret = told if is_link else self._code_secret(site.key, read_code(told))
        bans = await self.bans.current()

        def begin(connection: Connection) -> VisitorSessionResponse:
            one_time_token = find_one_time_token(connection, kind, secret)
            visitor = find_visitor_of(connection, one_time_token.subject)
            if visitor is None or site_key_of(connection, one_time_token.subject) != site.key:
                raise ApiError("ticket_gone")
            known = find_linked_visitor(connection, visitor)
            contact = known and known.contact
            if bans.holds(site.workspace, visitor=visitor, key=thumbprint, contact=contact):
                raise ApiError("banned")
            if read_mode(connection, site.id) == "required" and contact is None:
                raise ApiError("identity_needed")
            spend_one_time_token(connection, kind, secret)
            return open_session(
                connection, site.workspace, visitor, one_time_token.subject, thumbprint, self.session_days
            )

        return await self.ledger.write(begin, site.workspace)

    def _code_secret(self, site_key: str, code: str) -> str:
        """What stands for a code in the database: 40 bits alone could be tried out by whoever reads it."""
        key = self.secret_box.derive("continuation codes")
        return urlsafe_b64encode(hmac_digest(key, f"{site_key} {code}".encode(), "sha256")).decode()


def read_code(text: str) -> str:
    """A code as it was given out, from any spelling: small letters, hyphens, O for 0.

    Raises:
        ApiError: `ticket_gone` for what cannot be one.
    """
    code = text.upper().translate(_MISTAKEN)
    if len(code) != CODE_LENGTH or any(letter not in ALPHABET for letter in code):
        raise ApiError("ticket_gone")
    return code


def _site_of(connection: Connection, actor: Session) -> tuple[Site, Reach]:
    """Return site and reach of the session, which must not have ended: what it makes now would outlive its end."""
    reach = reach_of(connection, actor.id)
    key = site_key_of_visitor(connection, actor.subject)
    site = key and find_site(connection, key)
    if not site:
        raise ApiError("invalid_token")
    return site, reach


def _make_one_time_token(
    connection: Connection, kind: OneTimeTokenKind, actor: Session, wanted: str | None, seconds: float, secret: str = ""
) -> tuple[str, str]:
    """Make a ticket about a conversation: its visitor is handed over."""
    if wanted is None:
        subject = conversations_of(connection, [actor.subject])[-1]
    else:
        subject = choose_reached(connection, actor.id, wanted)
    return new_one_time_token(
        connection, kind, seconds=seconds, subject=subject, workspace=actor.workspace, secret=secret
    )
