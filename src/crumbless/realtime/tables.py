"""The tables of operators, their visibility scopes, the account policy, and the sessions of operators and visitors."""

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

operator = Table(
    "operator",
    metadata,
    Column("id", Id, primary_key=True),
    Column("workspace_id", Integer, ForeignKey("workspace.id"), nullable=False),
    Column("email", String(254), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("role", String(16), nullable=False),
    # Empty: this operator has no password and signs in by another method.
    Column("password_hash", Text, nullable=False),
    # active, disabled, or anonymous: its personal data was deleted (operator_data/operator_anonymise.py).
    Column("status", String(16), nullable=False, server_default="active"),
    # The ID of the photo's file.
    Column("photo", Id),
    Column("languages", JSON, nullable=False, server_default="[]"),
    # Encrypted (security/encryption.py). Null: no TOTP.
    Column("totp_secret", LargeBinary),
    # The step of the last code that was used. No code is accepted twice (RFC 6238, section 5.2).
    Column("totp_step", BigInteger, nullable=False, server_default="0"),
    # When an email about many wrong attempts was last queued.
    Column("attempts_mailed_at", BigInteger),
    # When the operator got a list of sites and teams (operator_scope); null: they see the whole workspace.
    Column("scoped_at", BigInteger),
    # When role, status, teams, list or name last changed. Nodes poll for operators that changed since the last poll.
    Column("changed_at", BigInteger, nullable=False, server_default="0"),
    Column("created_at", BigInteger, nullable=False),
    Index(None, "workspace_id"),
    Index(None, "changed_at"),
)


visitor = Table(
    "visitor",
    metadata,
    Column("id", Id, primary_key=True),
    Column("workspace_id", Integer, ForeignKey("workspace.id"), nullable=False),
    Column("site_id", Integer, ForeignKey("site.id"), nullable=False),
    # The key that identifies the visitor; null for a browser that cannot create one.
    Column("thumbprint", String(43)),
    Column("name", Text, nullable=False, default=""),
    # The visitor entered it; it is not verified.
    Column("email", String(254), nullable=False, server_default=text("''")),
    # The contact that the site has verified.
    Column("contact_id", Id),
    # A keyed hash of the visitor's last network, for bans; never the address. Emptied after 24 hours.
    Column("network_hash", String(43)),
    # When the visitor last started a conversation from it.
    Column("network_seen_at", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("site_id", "thumbprint"),
    Index(None, "contact_id"),
    # Few rows have a value, so the hourly sweep reads only these.
    Index(
        "ix_visitor_network_seen_at",
        "network_seen_at",
        # So on PostgreSQL too (see ix_conversation_waiting in ledger/tables.py).
        sqlite_where=text("network_seen_at IS NOT NULL"),
    ),
)

session = Table(
    "session",
    metadata,
    Column("id", Id, primary_key=True),
    Column("workspace_id", Integer, ForeignKey("workspace.id"), nullable=False),
    Column("token_hash", LargeBinary(32), nullable=False, unique=True),
    Column("thumbprint", String(43)),
    Column("operator_id", Id, ForeignKey("operator.id")),
    Column("visitor_id", Id, ForeignKey("visitor.id")),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    # To the minute. A session that is unused for the idle time has expired.
    Column("last_seen_at", BigInteger, nullable=False, server_default="0"),
    # When the user last authenticated, and by which factors. Sensitive changes require a recent time.
    Column("authenticated_at", BigInteger, nullable=False, server_default="0"),
    Column("factors", String(64), nullable=False, server_default=text("''")),
    # Coarse texts for the list of sessions: "Firefox on Linux", "Europe, Berlin".
    Column("device", String(80), nullable=False, server_default=text("''")),
    Column("time_zone_name", String(80), nullable=False, server_default=text("''")),
    # 1: the site verified the visitor in this session, which then reaches all conversations of the contact.
    Column("verified", Integer, nullable=False, server_default="0"),
    Column("ended_at", BigInteger),
    Index(None, "operator_id"),
    Index(None, "visitor_id"),
    Index(None, "ended_at"),
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
