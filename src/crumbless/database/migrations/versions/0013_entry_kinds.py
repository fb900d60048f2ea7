"""Edits of messages: which edit has the newest text."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the column."""
    op.add_column("entry", sa.Column("edit_id", sa.String(length=36), nullable=True))


def downgrade() -> None:
    """Remove it."""
    op.drop_column("entry", "edit_id")
