"""The tables of visitors, contacts, bans, and the keys that sign visitors' identities."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from crumbless.database.metadata import Id, metadata

# The keys with which a site signs the identity of its visitors.
identity_key = Table(
    "identity_key",
    metadata,
    Column("kid", String(32), primary_key=True),
    Column("workspace_id", Integer, ForeignKey("workspace.id"), nullable=False),
    Column("site_id", Integer, ForeignKey("site.id"), nullable=False),
    # EdDSA, ES256 or HS256: the only algorithm that is accepted with this key.
    Column("algorithm", String(16), nullable=False),
    Column("name", Text, nullable=False),
    # Encrypted (security/encryption.py); for HS256.
    Column("secret", LargeBinary),
    # PEM; for EdDSA and ES256.
    Column("public_key", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("last_used_at", BigInteger),
    Column("retired_at", BigInteger),
    Index(None, "site_id"),
)


# A person whom a site has verified, on any number of devices.
contact = Table(
    "contact",
    metadata,
    Column("id", Id, primary_key=True),
    Column("workspace_id", Integer, ForeignKey("workspace.id"), nullable=False),
    Column("site_id", Integer, ForeignKey("site.id"), nullable=False),
    Column("subject", String(255), nullable=False),
    Column("name", Text, nullable=False, server_default=text("''")),
    Column("email", String(254), nullable=False, server_default=text("''")),
    Column("attributes", JSON, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    UniqueConstraint("site_id", "subject"),
)


ban = Table(
    "ban",
    metadata,
    Column("id", Id, primary_key=True),
    Column("workspace_id", Integer, ForeignKey("workspace.id"), nullable=False),
    # Null: on every site of the workspace.
    Column("site_id", Integer, ForeignKey("site.id")),
    # visitor, key, contact or network; a network only as a keyed hash.
    Column("kind", String(16), nullable=False),
    Column("value", String(255), nullable=False),
    # A keyed hash of the visitor's last network. New chats from there require a proof of work.
    Column("network_hash", String(43)),
    Column("label", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_by", Id, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False),
    Column("lifted_at", BigInteger),
    Index(None, "workspace_id", "kind", "value"),
)
