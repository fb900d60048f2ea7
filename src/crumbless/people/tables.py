"""The tables of teams and invitations."""

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
    text,
)

from crumbless.database.metadata import Id, metadata

team_member = Table(
    "team_member",
    metadata,
    Column("workspace_id", Integer, ForeignKey("workspace.id"), nullable=False),
    Column("team_id", Id, ForeignKey("team.id"), primary_key=True),
    Column("operator_id", Id, ForeignKey("operator.id"), primary_key=True),
    Index(None, "operator_id"),
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
