"""Changes whether a site verifies its visitors, and the keys that sign its tokens."""

import secrets
from dataclasses import dataclass

from sqlalchemy import Connection

from crumbless.audit_log.audit_write import write_audit_log
from crumbless.core.errors import ApiError
from crumbless.ledger.ledger_port import LedgerPort, ReaderPort
from crumbless.mail.mail_message import in_one_line
from crumbless.security.access import Session, require
from crumbless.security.encryption import SecretBox
from crumbless.security.visibility import is_visible, visible
from crumbless.sites.site_store import Site, find_site
from crumbless.visitors.contact_store import end_unverified_sessions
from crumbless.visitors.identity_key_store import add_identity_key, retire_identity_key, set_mode, site_identity
from crumbless.visitors.identity_token import SECRET_BYTES, check_public_key
from crumbless.visitors.identity_wire import IdentityKeyRequest, IdentityMode, NewIdentityKeyResponse, SiteIdentity

MAX_KEYS = 20


@dataclass(frozen=True, slots=True)
class IdentityChange:
    """Reads and changes a site's identity settings. Raises ApiError `not_found` for a site of another workspace."""

    reader: ReaderPort
    ledger: LedgerPort
    secret_box: SecretBox

    async def read(self, actor: Session, site_key: str) -> SiteIdentity:
        """Return the mode and the keys."""
        require(actor, "manage_sites")
        return await self.reader.read(
            lambda connection: site_identity(connection, _own_site(connection, actor, site_key))
        )

    async def set_mode(self, actor: Session, site_key: str, mode: IdentityMode) -> SiteIdentity:
        """Change the mode. "required" ends the sessions of unverified visitors.

        All visitor endpoints need a session, so this closes all of them to unverified visitors.

        Raises:
            ApiError: `invalid` for "required" if the site has no key. No visitor could write.
        """
        require(actor, "manage_sites")

        def write(connection: Connection) -> SiteIdentity:
            site = _own_site(connection, actor, site_key)
            if mode == "required" and not _keys_in_use(connection, site):
                raise ApiError("invalid", "Add a key first. Without one, no visitor can write.")
            set_mode(connection, site.id, mode)
            _log_action(connection, actor, "identity_mode_set", site, {"mode": mode})
            if mode == "required":
                end_unverified_sessions(connection, site.id)
            return site_identity(connection, site)

        return await self.ledger.write(write)

    async def add_key(self, actor: Session, site_key: str, request: IdentityKeyRequest) -> NewIdentityKeyResponse:
        """Add a key. The existing keys stay valid, so keys can be replaced without an interruption.

        Raises:
            ApiError: `invalid` if the public key does not fit the algorithm, or if the site has 20 keys.
        """
        require(actor, "manage_sites")
        shared = request.algorithm == "HS256"
        if not shared:
            check_public_key(request.algorithm, request.public_key)
        elif request.public_key:
            raise ApiError("invalid", "HS256 has no public key: the server generates its secret.")
        kid = secrets.token_hex(8)
        secret = secrets.token_urlsafe(SECRET_BYTES) if shared else ""

        def write(connection: Connection) -> NewIdentityKeyResponse:
            site = _own_site(connection, actor, site_key)
            if _keys_in_use(connection, site) >= MAX_KEYS:
                raise ApiError("invalid", f"A site has at most {MAX_KEYS} keys. Retire one first.")
            key = add_identity_key(
                connection,
                site,
                kid,
                request.algorithm,
                in_one_line(request.name) or kid,
                secret=self.secret_box.encrypt(secret.encode(), f"identity:{kid}") if shared else None,
                public_key=None if shared else request.public_key,
            )
            _log_action(connection, actor, "identity_key_added", site, {"kid": kid, "algorithm": request.algorithm})
            return NewIdentityKeyResponse(key, secret)

        return await self.ledger.write(write)

    async def retire_key(self, actor: Session, site_key: str, kid: str) -> SiteIdentity:
        """Stop accepting tokens of this key. Sessions that it verified continue. A ban of the contact ends them.

        Raises:
            ApiError: `not_found` if the key is not in use.
        """
        require(actor, "manage_sites")

        def write(connection: Connection) -> SiteIdentity:
            site = _own_site(connection, actor, site_key)
            if not retire_identity_key(connection, site.id, kid):
                raise ApiError("not_found", "This site has no active key with this ID.")
            _log_action(connection, actor, "identity_key_retired", site, {"kid": kid})
            return site_identity(connection, site)

        return await self.ledger.write(write)


def _own_site(connection: Connection, actor: Session, site_key: str) -> Site:
    site = find_site(connection, site_key)
    scope = visible(actor)
    if site is None or site.workspace != actor.workspace or not is_visible(scope, site.id, None):
        raise ApiError("not_found", "There is no site with this key.")
    return site


def _keys_in_use(connection: Connection, site: Site) -> int:
    return sum(key.retired_at is None for key in site_identity(connection, site).keys)


def _log_action(connection: Connection, actor: Session, action: str, site: Site, details: dict[str, str]) -> None:
    write_audit_log(
        connection, actor, action, target_kind="site", target_id=site.key, target_name=site.name, details=details
    )
