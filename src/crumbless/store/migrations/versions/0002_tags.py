"""Tags: what a site uses of others"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Tags: what a site uses of others"""
    op.create_table(
        "site_tag",
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("service", sa.String(length=16), nullable=False),
        sa.Column("way", sa.String(length=16), nullable=False),
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name=op.f("fk_site_tag_workspace_id_workspace")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_site_tag_site_id_site")),
        sa.PrimaryKeyConstraint("site_id", "service", name=op.f("pk_site_tag")),
    )


def downgrade() -> None:
    """Back to no tags."""
    op.drop_table("site_tag")
