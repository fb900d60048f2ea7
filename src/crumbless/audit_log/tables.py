"""The table of the audit log."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from crumbless.database.metadata import Id, metadata

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
