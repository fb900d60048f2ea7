"""What a workspace shows about its operators. Answered and revoked invitations no longer name the invited person."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the columns, on for each workspace. Empty the names and addresses of invitations that are used up."""
    for name in ("shows_reading", "operator_reports"):
        op.add_column("workspace", sa.Column(name, sa.Integer(), server_default="1", nullable=False))
    op.execute("UPDATE invitation SET email = '', name = '' WHERE accepted_at IS NOT NULL OR revoked_at IS NOT NULL")


def downgrade() -> None:
    """Remove the columns."""
    for name in ("operator_reports", "shows_reading"):
        op.drop_column("workspace", name)
