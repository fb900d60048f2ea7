"""Continues a chat on another device, by a link in an email or by a code.

Links and codes work once. Each transfers the visitor with all conversations and opens one of them. The new session is
bound to the key of the other device.
"""

import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hmac import digest as hmac_digest

from sqlalchemy import Connection

from crumbless.accounts.one_time_token_store import (
    OneTimeTokenKind,
    find_one_time_token,
    new_one_time_token,
    spend_one_time_token,
    void_one_time_tokens,
)
from crumbless.core.errors import ApiError
from crumbless.core.ids import now_ms
from crumbless.core.time_units import HOUR_SECONDS
from crumbless.ledger.ledger_port import LedgerPort
from crumbless.mail.mail_message import MailRequest, check_address
from crumbless.mail.mail_queue import queue_mail
from crumbless.security.access import Session, require
from crumbless.security.encryption import SecretBox
from crumbless.sites.site_store import Site, find_site
from crumbless.visitors.ban_port import BansPort
from crumbless.visitors.contact_store import conversations_of, find_linked_visitor
from crumbless.visitors.identity_key_store import read_mode
from crumbless.visitors.identity_verify import open_session
from crumbless.visitors.identity_wire import DeviceTransferCode, DeviceTransferMailRequest, VisitorSessionResponse
from crumbless.visitors.visitor_reach import Reach, choose_reached, reach_of
from crumbless.visitors.visitor_store import find_visitor_of, site_key_of, site_key_of_visitor

LINK_HOURS = 24
CODE_SECONDS = 600
CODE_LENGTH = 8

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32, which has no easily confused letters. Eight characters contain 40 bits."""

_CONFUSED = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})


@dataclass(frozen=True, slots=True)
class DeviceTransfer:
    """Issues links and codes, and accepts them."""

    ledger: LedgerPort
    bans: BansPort
    secret_box: SecretBox
    session_days: int

    async def make_code(self, actor: Session, conversation: str | None) -> DeviceTransferCode:
        """Return a new code. Earlier codes of the visitor become invalid.

        Args:
            conversation: the one that opens on the other device; None for the visitor's newest.

        Raises:
            ApiError: `forbidden`, `unknown_conversation`, `invalid_token` if the session has ended, `busy`.
        """
        require(actor, "continue_own")
        code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))

        def create(connection: Connection) -> DeviceTransferCode:
            site, reach = _site_of(connection, actor)
            for one in conversations_of(connection, reach.visitors):
                void_one_time_tokens(connection, "continue_code", one)
            secret = self._code_secret(site.key, code)
            _create_one_time_token(connection, "continue_code", actor, conversation, CODE_SECONDS, secret)
            return DeviceTransferCode(f"{code[:4]}-{code[4:]}", now_ms() + CODE_SECONDS * 1000)

        return await self.ledger.write(create, actor.workspace)

    async def send_link(self, actor: Session, request: DeviceTransferMailRequest) -> None:
        """Send a link by email. It opens only this visitor's conversations, even if others use the same address.

        Raises:
            ApiError: `forbidden`, `invalid` for an invalid address, `unknown_conversation`, `invalid_token` if the
                session has ended, `busy`.
        """
        require(actor, "continue_own")
        check_address(request.email)

        def queue(connection: Connection) -> None:
            site, _ = _site_of(connection, actor)
            _, secret = _create_one_time_token(
                connection, "continue_link", actor, request.conversation, LINK_HOURS * HOUR_SECONDS
            )
            values = {"site": site.key, "site_name": site.name, "hours": str(LINK_HOURS), "secret": secret}
            queue_mail(
                connection,
                self.secret_box,
                actor.workspace,
                MailRequest("continuation", request.email, request.language, values, about=actor.subject),
            )

        await self.ledger.write(queue, actor.workspace)

    async def take(self, site: Site, link_or_code: str, thumbprint: str) -> VisitorSessionResponse:
        """Open a session for the visitor of a link or code, bound to this key. Of concurrent requests, one succeeds.

        The new session reaches only this visitor's conversations, even if the visitor is verified.

        Raises:
            ApiError: `banned`; `identity_needed` if the site requires verified visitors; `ticket_gone`. The last is the
                same for a link or code that is unknown, used, expired or of another site, and after an erasure.
        """
        is_link = link_or_code.startswith("crt_")
        kind: OneTimeTokenKind = "continue_link" if is_link else "continue_code"
        secret = link_or_code if is_link else self._code_secret(site.key, read_code(link_or_code))
        bans = await self.bans.current()

        def open_transferred(connection: Connection) -> VisitorSessionResponse:
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

        return await self.ledger.write(open_transferred, site.workspace)

    def _code_secret(self, site_key: str, code: str) -> str:
        """Return the keyed hash that is stored for a code. The 40 bits of a plain hash could be guessed."""
        key = self.secret_box.derive("continuation codes")
        return urlsafe_b64encode(hmac_digest(key, f"{site_key} {code}".encode(), "sha256")).decode()


def read_code(text: str) -> str:
    """Return the code as it was issued. Accepts lower case, hyphens, spaces and O for 0.

    Raises:
        ApiError: `ticket_gone` if the text cannot be a code.
    """
    code = text.upper().translate(_CONFUSED)
    if len(code) != CODE_LENGTH or any(letter not in ALPHABET for letter in code):
        raise ApiError("ticket_gone")
    return code


def _site_of(connection: Connection, actor: Session) -> tuple[Site, Reach]:
    """Return the site and the reach of the session. Raises ApiError `invalid_token` if the session has ended.

    A link or code that an ended session creates would still be valid.
    """
    reach = reach_of(connection, actor.id)
    key = site_key_of_visitor(connection, actor.subject)
    site = key and find_site(connection, key)
    if not site:
        raise ApiError("invalid_token")
    return site, reach


def _create_one_time_token(
    connection: Connection, kind: OneTimeTokenKind, actor: Session, wanted: str | None, seconds: float, secret: str = ""
) -> tuple[str, str]:
    """Create a one-time token for a conversation, whose visitor it transfers."""
    if wanted is None:
        subject = conversations_of(connection, [actor.subject])[-1]
    else:
        subject = choose_reached(connection, actor.id, wanted)
    return new_one_time_token(
        connection, kind, seconds=seconds, subject=subject, workspace=actor.workspace, secret=secret
    )
