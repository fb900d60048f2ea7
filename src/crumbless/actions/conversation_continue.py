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
from crumbless.domain.mail_order import MailOrder, check_address
from crumbless.domain.ports import BansPort, LedgerPort
from crumbless.domain.seal import Vault
from crumbless.domain.wire_identity import ContinueCode, ContinueMailRequest, SessionAnswer
from crumbless.errors import Refused
from crumbless.ids import now_ms
from crumbless.store.contact_store import conversations_of, find_linked_visitor
from crumbless.store.conversation_store import find_visitor_of, site_key_of, site_key_of_visitor
from crumbless.store.identity_key_store import read_mode
from crumbless.store.people_store import Site, find_site
from crumbless.store.ticket_store import TicketKind, find_ticket, new_ticket, spend_ticket, void_tickets
from crumbless.store.visitor_reach import Reach, choose_reached, reach_of

LINK_HOURS = 24
CODE_SECONDS = 600
CODE_LENGTH = 8

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: without letters that are taken for others. Eight of it have 40 bits."""

_MISTAKEN = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})


@dataclass(frozen=True, slots=True)
class ConversationContinue:
    """Gives out links and codes, and takes them."""

    ledger: LedgerPort
    bans: BansPort
    vault: Vault
    session_days: int

    async def make_code(self, by: Session, conversation: str | None) -> ContinueCode:
        """Return a new code. One that the visitor was given before is void.

        Args:
            conversation: the one that opens on the other device; None: the newest of the session's own visitor.

        Raises:
            Refused: `forbidden`, `unknown_conversation`, `invalid_token` when the session has ended, `busy`.
        """
        require(by, "continue_own")
        code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))

        def make(connection: Connection) -> ContinueCode:
            site, reach = _site_of(connection, by)
            for one in conversations_of(connection, reach.visitors):
                void_tickets(connection, "continue_code", one)
            secret = self._code_secret(site.key, code)
            _make_ticket(connection, "continue_code", by, conversation, CODE_SECONDS, secret)
            return ContinueCode(f"{code[:4]}-{code[4:]}", now_ms() + CODE_SECONDS * 1000)

        return await self.ledger.write(make, by.workspace)

    async def send_link(self, by: Session, request: ContinueMailRequest) -> None:
        """Send a link by email. It opens the conversations of this visitor alone, even if others have the address.

        Raises:
            Refused: `forbidden`, `invalid` for a bad address, `unknown_conversation`, `invalid_token` when the session
                has ended, `busy`.
        """
        require(by, "continue_own")
        check_address(request.email)

        def send(connection: Connection) -> None:
            site, _ = _site_of(connection, by)
            _, secret = _make_ticket(connection, "continue_link", by, request.conversation, LINK_HOURS * 3600)
            values = {"site": site.key, "site_name": site.name, "hours": str(LINK_HOURS), "secret": secret}
            queue_mail(
                connection,
                self.vault,
                by.workspace,
                MailOrder("continuation", request.email, request.language, values, about=by.subject),
            )

        await self.ledger.write(send, by.workspace)

    async def take(self, site: Site, told: str, thumbprint: str) -> SessionAnswer:
        """Open a session of the visitor of a link or code with this key. Of many at once, one wins.

        The new session reaches the conversations of this visitor alone, also if the visitor is verified.

        Raises:
            Refused: `ticket_gone`, the same for one that never was, was used, is too old, is another site's, or whose
                conversation was erased; `banned`; `identity_needed` where the site must vouch and did not.
        """
        is_link = told.startswith("crt_")
        kind: TicketKind = "continue_link" if is_link else "continue_code"
        secret = told if is_link else self._code_secret(site.key, read_code(told))
        bans = await self.bans.current()

        def begin(connection: Connection) -> SessionAnswer:
            ticket = find_ticket(connection, kind, secret)
            visitor = find_visitor_of(connection, ticket.subject)
            if visitor is None or site_key_of(connection, ticket.subject) != site.key:
                raise Refused("ticket_gone")
            known = find_linked_visitor(connection, visitor)
            contact = known and known.contact
            if bans.holds(site.workspace, visitor=visitor, key=thumbprint, contact=contact):
                raise Refused("banned")
            if read_mode(connection, site.id) == "required" and contact is None:
                raise Refused("identity_needed")
            spend_ticket(connection, kind, secret)
            return open_session(connection, site.workspace, visitor, ticket.subject, thumbprint, self.session_days)

        return await self.ledger.write(begin, site.workspace)

    def _code_secret(self, site_key: str, code: str) -> str:
        """What stands for a code in the database: 40 bits alone could be tried out by whoever reads it."""
        key = self.vault.derive("continuation codes")
        return urlsafe_b64encode(hmac_digest(key, f"{site_key} {code}".encode(), "sha256")).decode()


def read_code(text: str) -> str:
    """A code as it was given out, from any spelling: small letters, hyphens, O for 0.

    Raises:
        Refused: `ticket_gone` for what cannot be one.
    """
    code = text.upper().translate(_MISTAKEN)
    if len(code) != CODE_LENGTH or any(letter not in ALPHABET for letter in code):
        raise Refused("ticket_gone")
    return code


def _site_of(connection: Connection, by: Session) -> tuple[Site, Reach]:
    """Return site and reach of the session, which must not have ended: what it makes now would outlive its end."""
    reach = reach_of(connection, by.id)
    key = site_key_of_visitor(connection, by.subject)
    site = key and find_site(connection, key)
    if not site:
        raise Refused("invalid_token")
    return site, reach


def _make_ticket(
    connection: Connection, kind: TicketKind, by: Session, wanted: str | None, seconds: float, secret: str = ""
) -> tuple[str, str]:
    """Make a ticket about a conversation: its visitor is handed over."""
    if wanted is None:
        subject = conversations_of(connection, [by.subject])[-1]
    else:
        subject = choose_reached(connection, by.id, wanted)
    return new_ticket(connection, kind, seconds=seconds, subject=subject, workspace=by.workspace, secret=secret)
