"""Mark the sessions in which the site verified the visitor

Sessions from before this migration are unmarked: they reach their own conversation until the page identifies the
visitor again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the mark."""
    op.add_column("session", sa.Column("verified", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    """Drop the mark."""
    op.drop_column("session", "verified")
