"""Tags: what a site uses of others, who consented to it, and what a relay has to tell"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Tags: what a site uses of others, who consented to it, and what a relay has to tell"""
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
    op.add_column("site", sa.Column("consent_revision", sa.Integer(), nullable=False, server_default="1"))
    _create_receipts()
    op.create_table(
        "relay_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("service", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("chain", sa.String(length=22), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name=op.f("fk_relay_event_workspace_id_workspace")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_relay_event_site_id_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relay_event")),
    )
    op.create_index(op.f("ix_relay_event_service_due_at"), "relay_event", ["service", "due_at"])
    op.create_index(op.f("ix_relay_event_chain"), "relay_event", ["chain"])
    op.create_table(
        "site_counter",
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_site_counter_workspace_id_workspace")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_site_counter_site_id_site")),
        sa.PrimaryKeyConstraint("site_id", "day", "name", name=op.f("pk_site_counter")),
    )
    op.create_table(
        "installation_secret",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_installation_secret")),
    )


def _create_receipts() -> None:
    op.create_table(
        "consent_receipt",
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("receipt", sa.String(length=22), nullable=False),
        sa.Column("chain", sa.String(length=22), nullable=False),
        sa.Column("previous", sa.String(length=22)),
        sa.Column("request_id", sa.String(length=36)),
        sa.Column("analytics", sa.Integer(), nullable=False),
        sa.Column("marketing", sa.Integer(), nullable=False),
        sa.Column("services", sa.JSON(), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("text_digest", sa.String(length=64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_consent_receipt_workspace_id_workspace")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_consent_receipt_site_id_site")),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_consent_receipt")),
        sa.UniqueConstraint("receipt", name=op.f("uq_consent_receipt_receipt")),
        sa.UniqueConstraint("site_id", "request_id", name=op.f("uq_consent_receipt_site_id_request_id")),
    )
    op.create_index(op.f("ix_consent_receipt_chain"), "consent_receipt", ["chain"])


def downgrade() -> None:
    """Back to no tags."""
    for name in ("installation_secret", "site_counter", "relay_event", "consent_receipt", "site_tag"):
        op.drop_table(name)
    op.drop_column("site", "consent_revision")
