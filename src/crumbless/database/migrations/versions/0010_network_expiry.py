"""The time of a visitor's network hash, after which it expires.

Hashes of earlier versions have no time. They get the time at which the visitor was created, which is never too late.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the column, and its index over the few rows that have a value."""
    op.add_column("visitor", sa.Column("network_seen_at", sa.BigInteger()))
    op.execute("UPDATE visitor SET network_seen_at = created_at WHERE network_hash IS NOT NULL")
    some = sa.text("network_seen_at IS NOT NULL")
    op.create_index(
        "ix_visitor_network_seen_at", "visitor", ["network_seen_at"], sqlite_where=some, postgresql_where=some
    )


def downgrade() -> None:
    """Remove both."""
    op.drop_index("ix_visitor_network_seen_at", table_name="visitor")
    op.drop_column("visitor", "network_seen_at")
