"""An operator signs in, joins by an invitation, connects an account, or shows a fresh factor at an OpenID provider.

The browser leaves for the provider and comes back. What usually a cookie does, to know that it is the same browser, the
key does: the ticket is bound to the key that signed the start, and only that key's proof may finish. A link with
somebody else's code and state is worth nothing in another browser (login CSRF).
"""

import base64
import hashlib
import logging
import secrets
from collections.abc import Mapping
from typing import Any, Literal

from sqlalchemy import Connection

from crumbless.actions.account_policy_check import note_second_factor, require_account_left, require_factor_left
from crumbless.actions.audit_write import write_audit
from crumbless.actions.factor_tell import tell_factor_change
from crumbless.actions.invitation_accept import Joining, Newcomer, join
from crumbless.actions.session_begin import Device, SessionTerms, begin_session
from crumbless.domain.access import Session
from crumbless.domain.id_token import IdToken, IdTokenRefused
from crumbless.domain.ports import LedgerPort, OidcPort, OidcRequest, ProviderFailed
from crumbless.domain.seal import Vault
from crumbless.domain.wire_account import SignInAnswer
from crumbless.errors import Refused
from crumbless.ids import now_ms
from crumbless.store.identity_store import add_identity, find_identity_owner, note_identity_used, remove_identity
from crumbless.store.people_store import Credentials, find_active_operator, set_factor_at
from crumbless.store.sign_in_ways import ways_to_sign_in
from crumbless.store.ticket_store import Ticket, new_ticket, spend_shown_ticket, spend_ticket

TICKET_SECONDS = 600

Purpose = Literal["sign_in", "invitation", "link", "step_up"]

log = logging.getLogger("crumbless.oidc")


class OidcSignIn:
    """The transactions with the providers of this installation.

    Args:
        providers: by their ids.
        address: the installation's public address.
    """

    def __init__(self, providers: Mapping[str, OidcPort], address: str, ledger: LedgerPort) -> None:
        self._providers = providers
        self._address = address
        self._ledger = ledger

    async def start_joining(self, provider: str, thumbprint: str, joining: Joining) -> str:
        """Where the invited person's browser goes.

        Raises:
            Refused: `not_found`, `provider_away`, `busy`.
        """
        told = {"name": joining.newcomer.name, "languages": [*joining.newcomer.languages]}
        return await self.start(provider, thumbprint, "invitation", joining.ticket, joining.workspace, told)

    async def start(
        self,
        provider: str,
        thumbprint: str,
        purpose: Purpose,
        subject: str = "",
        workspace: int | None = None,
        told: Mapping[str, object] | None = None,
    ) -> str:
        """Where the browser goes.

        Args:
            subject: the operator of a session, or the id of the ticket of an invitation's link.
            told: what the end needs to know besides.

        Raises:
            Refused: `not_found`, `provider_away`, `busy`.
        """
        port = self._provider(provider)
        verifier = secrets.token_urlsafe(48)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        state, nonce = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        fresh = purpose in {"step_up", "link"}
        request = OidcRequest(self._redirect_uri(provider), state, nonce, verifier, challenge, fresh)
        try:
            location = await port.location(request)
        except ProviderFailed as failure:
            log.warning("the provider %s: %s", provider, failure)
            raise Refused("provider_away") from None
        data = {"provider": provider, "purpose": purpose, "nonce": nonce, "verifier": verifier, **(told or {})}
        await self._ledger.write(
            lambda connection: new_ticket(
                connection,
                "oidc",
                seconds=TICKET_SECONDS,
                subject=subject,
                workspace=workspace,
                thumbprint=thumbprint,
                data=data,
                secret=state,
            )
        )
        return location

    async def finish(
        self, provider: str, state: str, code: str, iss: str, thumbprint: str, purposes: set[Purpose]
    ) -> tuple[Ticket, IdToken]:
        """The ticket, spent, and who signed in at the provider.

        Raises:
            Refused: `ticket_gone`, `provider_refused`, `provider_away`, `not_found`, `busy`.
        """
        port = self._provider(provider)
        ticket = await self._ledger.write(lambda connection: spend_ticket(connection, "oidc", state, thumbprint))
        data: Mapping[str, Any] = ticket.data
        # Each provider has its own address to come back to: a code of one is never given to another (RFC 9700, 4.4).
        if data["provider"] != provider or data["purpose"] not in purposes:
            raise Refused("ticket_gone")
        fresh = data["purpose"] in {"step_up", "link"}
        request = OidcRequest(self._redirect_uri(provider), state, data["nonce"], data["verifier"], "", fresh)
        try:
            token = await port.redeem(request, code, iss, ticket.created_at // 1000 if fresh else 0)
        except IdTokenRefused as refused:
            log.warning("the provider %s sent a token that was refused: %s", provider, refused)
            raise Refused("provider_refused") from None
        except ProviderFailed as failure:
            log.warning("the provider %s: %s", provider, failure)
            raise Refused("provider_refused") from None
        return ticket, token

    def _provider(self, provider: str) -> OidcPort:
        port = self._providers.get(provider)
        if port is None:
            raise Refused("not_found", "There is no such provider.")
        return port

    def _redirect_uri(self, provider: str) -> str:
        return f"{self._address}/desk/oidc/{provider}"


def sign_in_by_identity(connection: Connection, token: IdToken, device: Device, terms: SessionTerms) -> SignInAnswer:
    """A session of the operator whom this account signs in.

    Raises:
        Refused: `unknown_identity`.
    """
    return begin_session(connection, _identity_owner(connection, token), device, "oidc", terms, _shown_at(token))


def join_by_identity(
    connection: Connection, ticket: Ticket, token: IdToken, device: Device, terms: SessionTerms
) -> SignInAnswer:
    """The invited person is an operator without a password, whom this account signs in from now on. It counts who holds
    the link, not which address the provider knows.

    Raises:
        Refused: `ticket_gone`, `identity_taken`; `invalid` where the invited address has an account.
    """
    newcomer = Newcomer(ticket.data["name"], ticket.data["languages"])
    person = join(connection, spend_shown_ticket(connection, "invitation", ticket.subject), newcomer, "oidc")
    _add(connection, person.workspace, person.operator.id, token)
    return begin_session(connection, person, device, "oidc", terms, _shown_at(token))


def _shown_at(token: IdToken) -> int:
    """When the factor was shown, in milliseconds.

    It is as fresh as the provider says: whoever is still signed in there is sent back without a word, which
    script in the page could have done too.
    """
    return min(token.auth_time * 1000, now_ms())


def _identity_owner(connection: Connection, token: IdToken) -> Credentials:
    """The active operator whom this account signs in.

    Raises:
        Refused: `unknown_identity`.
    """
    operator_id = find_identity_owner(connection, token.iss, token.sub)
    person = find_active_operator(connection, operator_id) if operator_id else None
    if person is None:
        raise Refused("unknown_identity")
    note_identity_used(connection, token.iss, token.sub)
    return person


def link_identity(
    connection: Connection, session: Session, vault: Vault, ticket: Ticket, token: IdToken, device: str
) -> None:
    """From now on the account signs the operator in; they are told by mail.

    Raises:
        Refused: `ticket_gone` when somebody else began it, `identity_taken`.
    """
    _require_own(session, ticket)
    _add(connection, session.workspace, session.subject, token)
    _tell(connection, vault, session, "identity_added", device)
    write_audit(connection, session, "identity_linked", target_kind="identity", target_id=token.iss)


def _add(connection: Connection, workspace: int, operator_id: str, token: IdToken) -> None:
    if not add_identity(connection, workspace, operator_id, token.iss, token.sub, token.email[:254]):
        raise Refused("identity_taken")


def unlink_identity(
    connection: Connection, session: Session, vault: Vault, issuer: str, subject: str, device: str
) -> None:
    """The account signs the operator in no more; they are told by mail.

    Raises:
        Refused: `not_found`; `invalid` when there would be no other way to sign in; `provider_only` and
            `second_factor_needed` when there would be none that the workspace allows.
    """
    if ways_to_sign_in(connection, session.subject) < 2:
        raise Refused("invalid", "Set a password or add a passkey first: there would be no way left to sign in.")
    if not remove_identity(connection, session.subject, issuer, subject):
        raise Refused("not_found")
    require_account_left(connection, session)
    require_factor_left(connection, session)
    _tell(connection, vault, session, "identity_removed", device)
    write_audit(connection, session, "identity_unlinked", target_kind="identity", target_id=issuer)


def _tell(connection: Connection, vault: Vault, session: Session, change: str, device: str) -> None:
    person = find_active_operator(connection, session.subject)
    if person is not None:
        tell_factor_change(connection, vault, person, change, device)


def step_up_by_identity(connection: Connection, session: Session, ticket: Ticket, token: IdToken) -> None:
    """The operator has just signed in at the provider again: that is a fresh factor.

    Raises:
        Refused: `ticket_gone`, `unknown_identity`.
    """
    _require_own(session, ticket)
    if find_identity_owner(connection, token.iss, token.sub) != session.subject:
        raise Refused("unknown_identity")
    set_factor_at(connection, session.id, now_ms())
    write_audit(connection, session, "factor_shown", details={"factor": "oidc"})
    note_second_factor(connection, session, "oidc")


def _require_own(session: Session, ticket: Ticket) -> None:
    if ticket.subject != session.subject:
        raise Refused("ticket_gone")
