"""How operators of a workspace must sign in, and from which networks each operator has signed in."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the account policy and the operators' networks."""
    op.create_table(
        "account_policy",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("second_factor_from", sa.BigInteger(), nullable=True),
        sa.Column("provider_only", sa.Integer(), server_default="0", nullable=False),
        sa.Column("session_hours", sa.Integer(), nullable=True),
        sa.Column("idle_minutes", sa.Integer(), nullable=True),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_account_policy_workspace_id_workspace")
        ),
        sa.PrimaryKeyConstraint("workspace_id", name=op.f("pk_account_policy")),
    )
    op.create_table(
        "operator_network",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("network_hash", sa.String(length=43), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operator.id"], name=op.f("fk_operator_network_operator_id_operator")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_operator_network_workspace_id_workspace")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operator_network")),
        sa.UniqueConstraint("operator_id", "network_hash", name=op.f("uq_operator_network_operator_id_network_hash")),
    )
    op.create_index(op.f("ix_operator_network_seen_at"), "operator_network", ["seen_at"])
    op.add_column("operator", sa.Column("attempts_mailed_at", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    """Remove them."""
    op.drop_column("operator", "attempts_mailed_at")
    op.drop_index(op.f("ix_operator_network_seen_at"), table_name="operator_network")
    op.drop_table("operator_network")
    op.drop_table("account_policy")
