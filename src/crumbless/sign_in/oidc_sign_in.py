"""Signs operators in at an OpenID provider. They also join, connect accounts and re-authenticate there.

The browser goes to the provider and returns. Other products use a cookie to recognise the browser then. Here the
one-time token is bound to the key that signed the start, and only a proof of that key can finish. So a link with an
attacker's code and state has no effect in another browser (login CSRF).
"""

import base64
import hashlib
import logging
import secrets
from collections.abc import Mapping
from typing import Any, Literal

from sqlalchemy import Connection

from crumbless.accounts.account_wire import SignInResponse
from crumbless.accounts.oidc_account_store import (
    add_oidc_account,
    find_oidc_account_owner,
    note_oidc_account_used,
    remove_oidc_account,
)
from crumbless.accounts.one_time_token_store import (
    OneTimeToken,
    new_one_time_token,
    spend_one_time_token,
    spend_one_time_token_by_id,
)
from crumbless.accounts.operator_store import Credentials, find_active_operator
from crumbless.audit_log.audit_write import write_audit_log
from crumbless.core.errors import ApiError
from crumbless.core.ids import now_ms
from crumbless.http.device import Device
from crumbless.ledger.ledger_port import LedgerPort
from crumbless.ledger.transaction import Transaction
from crumbless.realtime.session_store import set_factor_at
from crumbless.security.access import Session
from crumbless.security.encryption import SecretBox
from crumbless.sign_in.account_policy_check import note_second_factor, require_account_left, require_factor_left
from crumbless.sign_in.factor_notice import queue_factor_notice
from crumbless.sign_in.id_token import IdToken, IdTokenRejected
from crumbless.sign_in.invitation_accept import NewOperator, PendingJoin, join
from crumbless.sign_in.oidc_port import OidcPort, OidcRequest, ProviderFailed
from crumbless.sign_in.session_begin import SessionTerms, begin_session
from crumbless.sign_in.sign_in_ways import sign_in_methods

ONE_TIME_TOKEN_SECONDS = 600

Purpose = Literal["sign_in", "invitation", "link", "step_up"]

log = logging.getLogger("crumbless.oidc")


class OidcSignIn:
    """Starts and finishes sign-ins at the providers of this installation.

    Args:
        providers: the providers by ID.
        address: the installation's public address.
    """

    def __init__(self, providers: Mapping[str, OidcPort], address: str, ledger: LedgerPort) -> None:
        self._providers = providers
        self._address = address
        self._ledger = ledger

    async def start_join(self, provider: str, thumbprint: str, pending: PendingJoin) -> str:
        """Return the address to which the invited person's browser is redirected.

        Raises:
            ApiError: `not_found`, `provider_away`, `busy`.
        """
        extra = {"name": pending.new_operator.name, "languages": [*pending.new_operator.languages]}
        return await self.start(provider, thumbprint, "invitation", pending.one_time_token, pending.workspace, extra)

    async def start(
        self,
        provider: str,
        thumbprint: str,
        purpose: Purpose,
        subject: str = "",
        workspace: int | None = None,
        extra: Mapping[str, object] | None = None,
    ) -> str:
        """Return the address to which the browser is redirected.

        Args:
            subject: the operator of a session, or the ID of the one-time token of an invitation's link.
            extra: further data that is needed to finish.

        Raises:
            ApiError: `not_found`, `provider_away`, `busy`.
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
            raise ApiError("provider_away") from None
        data = {"provider": provider, "purpose": purpose, "nonce": nonce, "verifier": verifier, **(extra or {})}
        await self._ledger.write(
            lambda connection: new_one_time_token(
                connection,
                "oidc",
                seconds=ONE_TIME_TOKEN_SECONDS,
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
    ) -> tuple[OneTimeToken, IdToken]:
        """Spend the one-time token. Return it, and the ID token of the account that signed in at the provider.

        Raises:
            ApiError: `ticket_gone`, `provider_refused`, `provider_away`, `not_found`, `busy`.
        """
        port = self._provider(provider)
        one_time_token = await self._ledger.write(
            lambda connection: spend_one_time_token(connection, "oidc", state, thumbprint)
        )
        data: Mapping[str, Any] = one_time_token.data
        # Each provider has its own redirect URI, so one provider never receives the code of another (RFC 9700, 4.4).
        if data["provider"] != provider or data["purpose"] not in purposes:
            raise ApiError("ticket_gone")
        fresh = data["purpose"] in {"step_up", "link"}
        request = OidcRequest(self._redirect_uri(provider), state, data["nonce"], data["verifier"], "", fresh)
        try:
            token = await port.redeem(request, code, iss, one_time_token.created_at // 1000 if fresh else 0)
        except IdTokenRejected as error:
            log.warning("the provider %s sent an invalid token: %s", provider, error)
            raise ApiError("provider_refused") from None
        except ProviderFailed as failure:
            log.warning("the provider %s: %s", provider, failure)
            raise ApiError("provider_refused") from None
        return one_time_token, token

    def _provider(self, provider: str) -> OidcPort:
        port = self._providers.get(provider)
        if port is None:
            raise ApiError("not_found", "There is no such identity provider.")
        return port

    def _redirect_uri(self, provider: str) -> str:
        return f"{self._address}/desk/oidc/{provider}"


def sign_in_by_oidc(tx: Transaction, token: IdToken, device: Device, terms: SessionTerms) -> SignInResponse:
    """Begin a session of the operator to whom the account belongs.

    Raises:
        ApiError: `unknown_identity`.
    """
    person = _oidc_account_owner(tx.connection, token)
    return begin_session(tx.connection, person, device, "oidc", terms, _authenticated_at(token))


def join_by_oidc(
    tx: Transaction, one_time_token: OneTimeToken, token: IdToken, device: Device, terms: SessionTerms
) -> SignInResponse:
    """Make the invited person an operator who signs in with this account and has no password.

    The holder of the link may join, even if the provider has another email address for the account.

    Raises:
        ApiError: `ticket_gone`, `identity_taken`; `invalid` if the invited address has an account.
    """
    new_operator = NewOperator(one_time_token.data["name"], one_time_token.data["languages"])
    invitation = spend_one_time_token_by_id(tx.connection, "invitation", one_time_token.subject)
    person = join(tx.connection, invitation, new_operator, "oidc")
    _add(tx.connection, person.workspace, person.operator.id, token)
    return begin_session(tx.connection, person, device, "oidc", terms, _authenticated_at(token))


def _authenticated_at(token: IdToken) -> int:
    """Return when the operator authenticated at the provider, in milliseconds.

    This can be long ago. A provider redirects an operator who is still signed in without asking for a factor, and a
    script in the page could trigger that too.
    """
    return min(token.auth_time * 1000, now_ms())


def _oidc_account_owner(connection: Connection, token: IdToken) -> Credentials:
    """Return the active operator to whom the account belongs.

    Raises:
        ApiError: `unknown_identity`.
    """
    operator_id = find_oidc_account_owner(connection, token.iss, token.sub)
    person = find_active_operator(connection, operator_id) if operator_id else None
    if person is None:
        raise ApiError("unknown_identity")
    note_oidc_account_used(connection, token.iss, token.sub)
    return person


def link_oidc_account(
    tx: Transaction,
    session: Session,
    secret_box: SecretBox,
    one_time_token: OneTimeToken,
    token: IdToken,
    device: str,
) -> None:
    """Connect the account, so that the operator can sign in with it. Notify the operator by email.

    Raises:
        ApiError: `ticket_gone` if another operator started, `identity_taken`.
    """
    _require_own(session, one_time_token)
    _add(tx.connection, session.workspace, session.subject, token)
    _queue_notice(tx.connection, secret_box, session, "identity_added", device)
    write_audit_log(tx.connection, session, "identity_linked", target_kind="identity", target_id=token.iss)


def _add(connection: Connection, workspace: int, operator_id: str, token: IdToken) -> None:
    if not add_oidc_account(connection, workspace, operator_id, token.iss, token.sub, token.email[:254]):
        raise ApiError("identity_taken")


def unlink_oidc_account(
    tx: Transaction, session: Session, secret_box: SecretBox, issuer: str, subject: str, device: str
) -> None:
    """Disconnect the account. Notify the operator by email.

    Raises:
        ApiError: `not_found`; `invalid` if the operator has no other way to sign in; `provider_only` and
            `second_factor_needed` if the workspace's policy allows none of the others.
    """
    if sign_in_methods(tx.connection, session.subject) < 2:
        raise ApiError("invalid", "Set a password or add a passkey first, or you can no longer sign in.")
    if not remove_oidc_account(tx.connection, session.subject, issuer, subject):
        raise ApiError("not_found")
    require_account_left(tx.connection, session)
    require_factor_left(tx.connection, session)
    _queue_notice(tx.connection, secret_box, session, "identity_removed", device)
    write_audit_log(tx.connection, session, "identity_unlinked", target_kind="identity", target_id=issuer)


def _queue_notice(connection: Connection, secret_box: SecretBox, session: Session, change: str, device: str) -> None:
    person = find_active_operator(connection, session.subject)
    if person is not None:
        queue_factor_notice(connection, secret_box, person, change, device)


def step_up_by_oidc(tx: Transaction, session: Session, one_time_token: OneTimeToken, token: IdToken) -> None:
    """Store a recent re-authentication: the operator has just signed in at the provider again.

    Raises:
        ApiError: `ticket_gone`, `unknown_identity`.
    """
    _require_own(session, one_time_token)
    if find_oidc_account_owner(tx.connection, token.iss, token.sub) != session.subject:
        raise ApiError("unknown_identity")
    set_factor_at(tx.connection, session.id, now_ms())
    write_audit_log(tx.connection, session, "factor_shown", details={"factor": "oidc"})
    note_second_factor(tx.connection, session, "oidc")


def _require_own(session: Session, one_time_token: OneTimeToken) -> None:
    if one_time_token.subject != session.subject:
        raise ApiError("ticket_gone")
