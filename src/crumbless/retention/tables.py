"""The tables of retention rules, receipts of deletions, and requests of people."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    text,
)

from crumbless.database.metadata import Id, metadata

# How long a workspace stores its data. A row with a site overrides the workspace's row, which has none.
retention_rule = Table(
    "retention_rule",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("workspace_id", Integer, ForeignKey("workspace.id"), nullable=False),
    Column("site_id", Integer, ForeignKey("site.id")),
    # Days after the last message of a closed conversation. Null: they are never deleted.
    Column("conversation_days", Integer),
    # Null: as the workspace, or as the installation's settings.
    Column("receipt_days", Integer),
    Column("audit_days", Integer),
    Column("changed_at", BigInteger, nullable=False),
    UniqueConstraint("workspace_id", "site_id"),
)


# Receipts of deletions: they prove that something was deleted, and contain no personal data. A receipt outlives the
# workspace, so it refers to it by number only.
deletion = Table(
    "deletion",
    metadata,
    Column("id", Id, primary_key=True),
    Column("workspace_id", Integer, nullable=False),
    # conversation, visitor, request, site, workspace, retention or operator.
    Column("kind", String(16), nullable=False),
    # The operator who deleted it; empty for the nightly run.
    Column("operator_id", String(36), nullable=False),
    Column("started_at", BigInteger, nullable=False),
    # Null while it runs. Another node continues a run that was interrupted.
    Column("finished_at", BigInteger),
    # The number of deleted rows by kind of data.
    Column("counts", JSON, nullable=False),
    Index(None, "workspace_id", "started_at"),
)


# Requests of people for a copy or the erasure of their data (GDPR, articles 15 and 17).
person_request = Table(
    "person_request",
    metadata,
    Column("id", Id, primary_key=True),
    Column("workspace_id", Integer, ForeignKey("workspace.id"), nullable=False),
    # export or erase.
    Column("kind", String(16), nullable=False),
    # open, done or declined.
    Column("status", String(16), nullable=False),
    # The address by which the data is found. It is emptied when the request is closed.
    Column("email", String(254), nullable=False),
    # The operator who handles it; empty for none.
    Column("operator_id", String(36), nullable=False, server_default=text("''")),
    # When the person asked, and when the answer is due: one month later (article 12(3)).
    Column("asked_at", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("closed_at", BigInteger),
    # The receipt of the deletion.
    Column("deletion_id", Id),
    Column("created_at", BigInteger, nullable=False),
    Index(None, "workspace_id", "created_at"),
)
