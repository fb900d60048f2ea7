"""Retention rules, receipts of deletions, requests of people, and when conversations, sites and workspaces end."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_LIVE = sa.text("erased_at IS NULL")


def upgrade() -> None:
    """Add the tables and columns. Conversations that were erased get the time of their entry `erased`."""
    op.create_table(
        "retention_rule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=True),
        sa.Column("conversation_days", sa.Integer(), nullable=True),
        sa.Column("receipt_days", sa.Integer(), nullable=True),
        sa.Column("audit_days", sa.Integer(), nullable=True),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_retention_rule_workspace_id_workspace")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_retention_rule_site_id_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_rule")),
        sa.UniqueConstraint("workspace_id", "site_id", name=op.f("uq_retention_rule_workspace_id_site_id")),
    )
    op.create_table(
        "deletion",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deletion")),
    )
    op.create_index(op.f("ix_deletion_workspace_id_started_at"), "deletion", ["workspace_id", "started_at"])
    op.create_table(
        "person_request",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("operator_id", sa.String(length=36), server_default=sa.text("''"), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("deletion_id", sa.String(length=36), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_person_request_workspace_id_workspace")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_request")),
    )
    op.create_index(op.f("ix_person_request_workspace_id_created_at"), "person_request", ["workspace_id", "created_at"])
    for table in ("site", "workspace"):
        op.add_column(table, sa.Column("delete_at", sa.BigInteger(), nullable=True))
        op.add_column(table, sa.Column("deleted_at", sa.BigInteger(), nullable=True))
    op.add_column("conversation", sa.Column("erased_at", sa.BigInteger(), nullable=True))
    op.execute(
        "UPDATE conversation SET erased_at = (SELECT at FROM entry WHERE entry.conversation_no = conversation.no "
        "AND entry.seq = conversation.last_seq AND entry.kind = 'erased') WHERE status = 'closed'"
    )
    op.create_index(
        "ix_conversation_live",
        "conversation",
        ["site_id", "started_at"],
        sqlite_where=_LIVE,
        postgresql_where=_LIVE,
    )


def downgrade() -> None:
    """Remove them."""
    op.drop_index("ix_conversation_live", table_name="conversation")
    op.drop_column("conversation", "erased_at")
    for table in ("site", "workspace"):
        op.drop_column(table, "deleted_at")
        op.drop_column(table, "delete_at")
    op.drop_table("person_request")
    op.drop_table("deletion")
    op.drop_table("retention_rule")
