"""The tables of operators and contacts: sign-in, permissions, audit log, bans and background jobs.

As in tables.py: keys start with the workspace, times are whole milliseconds since 1970 (UTC), IDs are UUIDs as text.
"""

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

from crumbless.store.tables import Id, metadata

team = Table(
    "team",
    metadata,
    Column("id", Id, primary_key=True),
    Column("workspace_id", Integer, ForeignKey("workspace.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("workspace_id", "name"),
)

team_member = Table(
    "team_member",
    metadata,
    Column("workspace_id", Integer, ForeignKey("workspace.id"), nullable=False),
    Column("team_id", Id, ForeignKey("team.id"), primary_key=True),
    Column("operator_id", Id, ForeignKey("operator.id"), primary_key=True),
    Index(None, "operator_id"),
)

# The sites and teams whose conversations an operator sees, one in each row. An operator without `scoped_at` sees all.
# An operator with it and without rows sees nothing.
operator_scope = Table(
    "operator_scope",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("workspace_id", Integer, ForeignKey("workspace.id"), nullable=False),
    Column("operator_id", Id, ForeignKey("operator.id"), nullable=False),
    Column("site_id", Integer, ForeignKey("site.id")),
    Column("team_id", Id, ForeignKey("team.id")),
    UniqueConstraint("operator_id", "site_id"),
    UniqueConstraint("operator_id", "team_id"),
    Index(None, "team_id"),
)

invitation = Table(
    "invitation",
    metadata,
    Column("id", Id, primary_key=True),
    Column("workspace_id", Integer, ForeignKey("workspace.id"), nullable=False),
    Column("email", String(254), nullable=False),
    Column("name", Text, nullable=False, server_default=text("''")),
    Column("role", String(16), nullable=False),
    Column("teams", JSON, nullable=False),
    Column("language", String(35), nullable=False, server_default="en"),
    Column("invited_by", Id, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("accepted_at", BigInteger),
    Column("revoked_at", BigInteger),
    Index(None, "workspace_id"),
)

# Secrets that work once and expire soon: setup, invitation, reset, second step of a sign-in, passkey challenge, OpenID
# Connect transaction, device transfer. UPDATE ... WHERE used_at IS NULL uses one up, so only one of two racing requests
# succeeds.
one_time_token = Table(
    "one_time_token",
    metadata,
    Column("id", Id, primary_key=True),
    Column("workspace_id", Integer, ForeignKey("workspace.id")),
    Column("kind", String(24), nullable=False),
    # SHA-256 of the secret in the link; null if the ID is used in place of a secret (challenges).
    Column("secret_hash", LargeBinary(32), unique=True),
    # The ID of the operator, invitation or conversation that it is for.
    Column("subject", String(64), nullable=False, server_default=text("''")),
    # The key that began the step, if only the same key may complete it.
    Column("thumbprint", String(43)),
    Column("data", JSON, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
    Index(None, "kind", "subject"),
    Index(None, "expires_at"),
)

passkey = Table(
    "passkey",
    metadata,
    Column("id", Id, primary_key=True),
    Column("workspace_id", Integer, ForeignKey("workspace.id"), nullable=False),
    Column("operator_id", Id, ForeignKey("operator.id"), nullable=False),
    # base64url, up to 1,023 bytes (WebAuthn Level 3, section 4).
    Column("credential", Text, nullable=False, unique=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("transports", JSON, nullable=False),
    Column("backed_up", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("last_used_at", BigInteger),
    Index(None, "operator_id"),
)

recovery_code = Table(
    "recovery_code",
    metadata,
    Column("workspace_id", Integer, ForeignKey("workspace.id"), nullable=False),
    Column("operator_id", Id, ForeignKey("operator.id"), primary_key=True),
    Column("code_hash", LargeBinary(32), primary_key=True),
    Column("used_at", BigInteger),
)

# An account at an OpenID provider that signs an operator in. Never found by email address.
oidc_account = Table(
    "oidc_account",
    metadata,
    Column("workspace_id", Integer, ForeignKey("workspace.id"), nullable=False),
    Column("issuer", String(512), primary_key=True),
    Column("subject", String(255), primary_key=True),
    Column("operator_id", Id, ForeignKey("operator.id"), nullable=False),
    Column("label", Text, nullable=False, server_default=text("''")),
    Column("created_at", BigInteger, nullable=False),
    Column("last_used_at", BigInteger),
    Index(None, "operator_id"),
)

# The networks from which an operator has signed in, as keyed hashes, never addresses. Deleted after 30 days.
known_network = Table(
    "known_network",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("workspace_id", Integer, ForeignKey("workspace.id"), nullable=False),
    Column("operator_id", Id, ForeignKey("operator.id"), nullable=False),
    Column("network_hash", String(43), nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    UniqueConstraint("operator_id", "network_hash"),
    Index(None, "seen_at"),
)

# How operators of a workspace must sign in. No row: nothing is required beyond the installation's settings.
account_policy = Table(
    "account_policy",
    metadata,
    Column("workspace_id", Integer, ForeignKey("workspace.id"), primary_key=True, autoincrement=False),
    # From when a second factor is required. Null: never.
    Column("second_factor_from", BigInteger),
    # 1: only an OpenID provider signs operators in.
    Column("provider_only", Integer, nullable=False, server_default="0"),
    # Maximum age and idle time of a session. Null: as in the installation's settings.
    Column("session_hours", Integer),
    Column("idle_minutes", Integer),
    Column("changed_at", BigInteger, nullable=False),
)

# Changes that operators and admins made. Rows are appended, never changed: triggers of the migration reject it.
audit_log = Table(
    "audit_log",
    metadata,
    Column("no", Integer, primary_key=True),
    Column("workspace_id", Integer, ForeignKey("workspace.id"), nullable=False),
    Column("at", BigInteger, nullable=False),
    # operator, visitor, system or command.
    Column("actor_kind", String(16), nullable=False),
    Column("actor_id", String(64), nullable=False),
    Column("actor_name", Text, nullable=False),
    Column("session_id", Id),
    Column("thumbprint", String(43)),
    Column("request_id", String(64)),
    Column("action", String(48), nullable=False),
    Column("target_kind", String(24), nullable=False),
    Column("target_id", String(255), nullable=False),
    Column("target_name", Text, nullable=False),
    Column("details", JSON, nullable=False),
    Index(None, "workspace_id", "no"),
    Index(None, "at"),
)

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
    # Encrypted (domain/seal.py); for HS256.
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

# The outbox: jobs, stored in the transaction of the action that causes them. Any node may run them.
task = Table(
    "task",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("workspace_id", Integer, ForeignKey("workspace.id")),
    Column("kind", String(24), nullable=False),
    # Tasks of a kind with the same destination can be sent together: the ID of a site, for events to vendors.
    Column("destination", String(64), nullable=False, server_default=text("''")),
    # The visitor or the chain of receipts that the task belongs to and is deleted with.
    Column("about", String(36), nullable=False, server_default=text("''")),
    Column("payload", JSON, nullable=False),
    # The part of the payload that must not be readable in the database (domain/seal.py).
    Column("encrypted", LargeBinary),
    Column("due_at", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    # The node that runs it, and until when no other node may.
    Column("claimed_by", Id),
    Column("claimed_until", BigInteger),
    # When it failed for good, and the reason, without personal data.
    Column("dead_at", BigInteger),
    Column("error", Text, nullable=False, server_default=text("''")),
    Column("created_at", BigInteger, nullable=False),
    Index(None, "kind", "due_at"),
    Index(None, "dead_at"),
    Index(None, "about"),
)

file = Table(
    "file",
    metadata,
    Column("id", Id, primary_key=True),
    Column("workspace_id", Integer, ForeignKey("workspace.id"), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("media_type", String(100), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("created_at", BigInteger, nullable=False),
)
