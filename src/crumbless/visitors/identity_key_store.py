"""The keys with which websites sign visitors' identities, and each site's verification mode."""

from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from crumbless.core.ids import now_ms
from crumbless.core.time_units import HOUR_MS
from crumbless.ledger.tables import site
from crumbless.sites.site_store import Site
from crumbless.visitors.identity_wire import IdentityKeyResponse, IdentityMode, KeyAlgorithm, SiteIdentity
from crumbless.visitors.tables import identity_key

USED_MS = HOUR_MS
"""Precision of the time at which a key was last used."""


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A key as it is stored. `secret` is encrypted."""

    kid: str
    algorithm: KeyAlgorithm
    secret: bytes | None
    public_key: str | None
    last_used_at: int


def add_identity_key(
    connection: Connection,
    of: Site,
    kid: str,
    algorithm: KeyAlgorithm,
    name: str,
    *,
    secret: bytes | None = None,
    public_key: str | None = None,
) -> IdentityKeyResponse:
    """Add a key to the site. `secret` is encrypted."""
    now = now_ms()
    connection.execute(
        insert(identity_key).values(
            kid=kid,
            workspace_id=of.workspace,
            site_id=of.id,
            algorithm=algorithm,
            name=name,
            secret=secret,
            public_key=public_key,
            created_at=now,
        )
    )
    return IdentityKeyResponse(kid, algorithm, name, now, None, None)


def find_identity_key(connection: Connection, site_id: int, kid: str) -> StoredKey | None:
    """Return the site's key with this ID, unless it is retired."""
    row = connection.execute(
        select(identity_key).where(
            identity_key.c.kid == kid, identity_key.c.site_id == site_id, identity_key.c.retired_at.is_(None)
        )
    ).first()
    return None if row is None else StoredKey(row.kid, row.algorithm, row.secret, row.public_key, row.last_used_at or 0)


def note_key_used(connection: Connection, key: StoredKey) -> None:
    """Record that the key was used just now, at most once an hour."""
    now = now_ms()
    if now - key.last_used_at > USED_MS:
        connection.execute(update(identity_key).where(identity_key.c.kid == key.kid).values(last_used_at=now))


def site_identity(connection: Connection, of: Site) -> SiteIdentity:
    """Return the site's mode and keys, newest first, retired keys last."""
    rows = connection.execute(
        select(identity_key)
        .where(identity_key.c.site_id == of.id)
        .order_by(identity_key.c.retired_at.is_not(None), identity_key.c.created_at.desc())
    )
    keys = [
        IdentityKeyResponse(row.kid, row.algorithm, row.name, row.created_at, row.last_used_at, row.retired_at)
        for row in rows
    ]
    return SiteIdentity(read_mode(connection, of.id), keys)


def retire_identity_key(connection: Connection, site_id: int, kid: str) -> bool:
    """Retire the key: its signatures are no longer accepted. Return False if the site has no such key in use."""
    retired = connection.execute(
        update(identity_key)
        .where(identity_key.c.kid == kid, identity_key.c.site_id == site_id, identity_key.c.retired_at.is_(None))
        .values(retired_at=now_ms())
    )
    return retired.rowcount > 0


def read_mode(connection: Connection, site_id: int) -> IdentityMode:
    """Return whether the site's visitors may or must be verified."""
    return connection.execute(select(site.c.identity_mode).where(site.c.id == site_id)).scalar_one()


def set_mode(connection: Connection, site_id: int, mode: IdentityMode) -> None:
    """Set whether the site's visitors may or must be verified."""
    connection.execute(update(site).where(site.c.id == site_id).values(identity_mode=mode))
