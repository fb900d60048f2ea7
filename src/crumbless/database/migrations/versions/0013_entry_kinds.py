"""Labels, edits of messages, and the operator, labels, priority and snooze time of conversations."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

_SNOOZED = sa.text("snoozed_until IS NOT NULL")


def upgrade() -> None:
    """Add the table, the columns and the index."""
    op.create_table(
        "label",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("colour", sa.String(length=7), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name=op.f("fk_label_workspace_id_workspace")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_label")),
        sa.UniqueConstraint("workspace_id", "name", name=op.f("uq_label_workspace_id_name")),
    )
    op.add_column("entry", sa.Column("edit_id", sa.String(length=36), nullable=True))
    op.add_column("conversation", sa.Column("operator_id", sa.String(length=36), nullable=True))
    op.add_column("conversation", sa.Column("priority", sa.Integer(), server_default="0", nullable=False))
    op.add_column("conversation", sa.Column("labels", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("conversation", sa.Column("snoozed_until", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_conversation_snoozed_until",
        "conversation",
        ["snoozed_until"],
        sqlite_where=_SNOOZED,
        postgresql_where=_SNOOZED,
    )


def downgrade() -> None:
    """Remove them."""
    op.drop_index("ix_conversation_snoozed_until", table_name="conversation")
    for column in ("snoozed_until", "labels", "priority", "operator_id"):
        op.drop_column("conversation", column)
    op.drop_column("entry", "edit_id")
    op.drop_table("label")
