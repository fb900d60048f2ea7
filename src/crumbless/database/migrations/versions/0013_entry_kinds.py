"""Edits of messages, and the operator, priority and snooze time of conversations."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

_SNOOZED = sa.text("snoozed_until IS NOT NULL")


def upgrade() -> None:
    """Add the columns and the index."""
    op.add_column("entry", sa.Column("edit_id", sa.String(length=36), nullable=True))
    op.add_column("conversation", sa.Column("operator_id", sa.String(length=36), nullable=True))
    op.add_column("conversation", sa.Column("priority", sa.Integer(), server_default="0", nullable=False))
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
    for column in ("snoozed_until", "priority", "operator_id"):
        op.drop_column("conversation", column)
    op.drop_column("entry", "edit_id")
