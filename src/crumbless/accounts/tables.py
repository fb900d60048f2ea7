"""The tables of operators' sign-in: one-time tokens, passkeys, recovery codes, provider accounts, known networks.

The conventions of keys, times and IDs are in database/metadata.py.
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

from crumbless.database.metadata import Id, metadata

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
