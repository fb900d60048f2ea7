"""People: sign-in, roles, teams, audit; visitors whom a site vouches for; bans; the outbox and files"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

TABLES = (
    "file",
    "task",
    "ban",
    "contact",
    "identity_key",
    "operator_identity",
    "recovery_code",
    "passkey",
    "ticket",
    "audit_entry",
    "invitation",
    "team_member",
    "team",
)

KEPT_DAYS = 90
"""For how long nobody may remove an entry of the audit log; retention removes older ones."""


def upgrade() -> None:
    """People, visitors whom a site vouches for, the outbox and files"""
    _create_people()
    _create_sign_in()
    _create_visitors()
    _create_work()
    _add_columns()
    op.execute("UPDATE session SET last_seen_at = created_at")
    _keep_audit_log()


def _create_people() -> None:
    op.create_table(
        "team",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name=op.f("fk_team_workspace_id_workspace")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team")),
        sa.UniqueConstraint("workspace_id", "name", name=op.f("uq_team_workspace_id_name")),
    )
    op.create_table(
        "team_member",
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.id"], name=op.f("fk_team_member_operator_id_operator")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_team_member_team_id_team")),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name=op.f("fk_team_member_workspace_id_workspace")),
        sa.PrimaryKeyConstraint("team_id", "operator_id", name=op.f("pk_team_member")),
    )
    op.create_index(op.f("ix_team_member_operator_id"), "team_member", ["operator_id"])
    op.create_table(
        "invitation",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("teams", sa.JSON(), nullable=False),
        sa.Column("language", sa.String(length=35), server_default="en", nullable=False),
        sa.Column("invited_by", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("accepted_at", sa.BigInteger()),
        sa.Column("revoked_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name=op.f("fk_invitation_workspace_id_workspace")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
    )
    op.create_index(op.f("ix_invitation_workspace_id"), "invitation", ["workspace_id"])
    op.create_table(
        "audit_entry",
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor_kind", sa.String(length=16), nullable=False),
        sa.Column("actor_id", sa.String(length=64), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("session_id", sa.String(length=36)),
        sa.Column("thumbprint", sa.String(length=43)),
        sa.Column("request_id", sa.String(length=64)),
        sa.Column("act", sa.String(length=48), nullable=False),
        sa.Column("target_kind", sa.String(length=24), nullable=False),
        sa.Column("target_id", sa.String(length=255), nullable=False),
        sa.Column("target_name", sa.Text(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name=op.f("fk_audit_entry_workspace_id_workspace")),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_audit_entry")),
    )
    op.create_index(op.f("ix_audit_entry_at"), "audit_entry", ["at"])
    op.create_index(op.f("ix_audit_entry_workspace_id_no"), "audit_entry", ["workspace_id", "no"])


def _create_sign_in() -> None:
    op.create_table(
        "ticket",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("workspace_id", sa.Integer()),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(length=32)),
        sa.Column("subject", sa.String(length=64), server_default=sa.text("''"), nullable=False),
        sa.Column("thumbprint", sa.String(length=43)),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name=op.f("fk_ticket_workspace_id_workspace")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_ticket_secret_hash")),
    )
    op.create_index(op.f("ix_ticket_expires_at"), "ticket", ["expires_at"])
    op.create_index(op.f("ix_ticket_kind_subject"), "ticket", ["kind", "subject"])
    op.create_table(
        "passkey",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("credential", sa.Text(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("transports", sa.JSON(), nullable=False),
        sa.Column("backed_up", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_used_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.id"], name=op.f("fk_passkey_operator_id_operator")),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name=op.f("fk_passkey_workspace_id_workspace")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkey")),
        sa.UniqueConstraint("credential", name=op.f("uq_passkey_credential")),
    )
    op.create_index(op.f("ix_passkey_operator_id"), "passkey", ["operator_id"])
    op.create_table(
        "recovery_code",
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("used_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.id"], name=op.f("fk_recovery_code_operator_id_operator")),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_recovery_code_workspace_id_workspace")
        ),
        sa.PrimaryKeyConstraint("operator_id", "code_hash", name=op.f("pk_recovery_code")),
    )
    op.create_table(
        "operator_identity",
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("issuer", sa.String(length=512), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("label", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_used_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operator.id"], name=op.f("fk_operator_identity_operator_id_operator")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_operator_identity_workspace_id_workspace")
        ),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_operator_identity")),
    )
    op.create_index(op.f("ix_operator_identity_operator_id"), "operator_identity", ["operator_id"])


def _create_visitors() -> None:
    op.create_table(
        "identity_key",
        sa.Column("kid", sa.String(length=32), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("algorithm", sa.String(length=16), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("secret", sa.LargeBinary()),
        sa.Column("public_key", sa.Text()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_used_at", sa.BigInteger()),
        sa.Column("retired_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_identity_key_site_id_site")),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_identity_key_workspace_id_workspace")
        ),
        sa.PrimaryKeyConstraint("kid", name=op.f("pk_identity_key")),
    )
    op.create_index(op.f("ix_identity_key_site_id"), "identity_key", ["site_id"])
    op.create_table(
        "contact",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("name", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("email", sa.String(length=254), server_default=sa.text("''"), nullable=False),
        sa.Column("attributes", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_contact_site_id_site")),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name=op.f("fk_contact_workspace_id_workspace")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
        sa.UniqueConstraint("site_id", "subject", name=op.f("uq_contact_site_id_subject")),
    )
    op.create_table(
        "ban",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer()),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("value", sa.String(length=255), nullable=False),
        sa.Column("network_hash", sa.String(length=43)),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_by", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("lifted_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_ban_site_id_site")),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name=op.f("fk_ban_workspace_id_workspace")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ban")),
    )
    op.create_index(op.f("ix_ban_workspace_id_kind_value"), "ban", ["workspace_id", "kind", "value"])


def _create_work() -> None:
    op.create_table(
        "task",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.Integer()),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("sealed", sa.LargeBinary()),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("claimed_by", sa.String(length=36)),
        sa.Column("claimed_until", sa.BigInteger()),
        sa.Column("dead_at", sa.BigInteger()),
        sa.Column("error", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name=op.f("fk_task_workspace_id_workspace")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
    )
    op.create_index(op.f("ix_task_dead_at_due_at"), "task", ["dead_at", "due_at"])
    op.create_table(
        "file",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name=op.f("fk_file_workspace_id_workspace")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file")),
    )


def _add_columns() -> None:
    op.add_column("conversation", sa.Column("consent_chain", sa.String(length=22)))
    op.add_column("operator", sa.Column("status", sa.String(length=16), server_default="active", nullable=False))
    op.add_column("operator", sa.Column("photo", sa.String(length=36)))
    op.add_column("operator", sa.Column("languages", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("operator", sa.Column("totp_secret", sa.LargeBinary()))
    op.add_column("operator", sa.Column("totp_step", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("operator", sa.Column("changed_at", sa.BigInteger(), server_default="0", nullable=False))
    op.create_index(op.f("ix_operator_changed_at"), "operator", ["changed_at"])
    op.create_index(op.f("ix_operator_workspace_id"), "operator", ["workspace_id"])
    op.add_column("relay_event", sa.Column("claimed_by", sa.String(length=36)))
    op.add_column("relay_event", sa.Column("claimed_until", sa.BigInteger()))
    op.add_column("session", sa.Column("last_seen_at", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("session", sa.Column("factor_at", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("session", sa.Column("factors", sa.String(length=64), server_default=sa.text("''"), nullable=False))
    op.add_column("session", sa.Column("device", sa.String(length=80), server_default=sa.text("''"), nullable=False))
    op.add_column("session", sa.Column("place", sa.String(length=80), server_default=sa.text("''"), nullable=False))
    op.create_index(op.f("ix_session_ended_at"), "session", ["ended_at"])
    op.add_column("site", sa.Column("identity_mode", sa.String(length=16), server_default="off", nullable=False))
    op.add_column("site", sa.Column("seen_at", sa.BigInteger()))
    op.add_column("site", sa.Column("seen_origin", sa.Text()))
    op.add_column("visitor", sa.Column("email", sa.String(length=254), server_default=sa.text("''"), nullable=False))
    op.add_column("visitor", sa.Column("contact_id", sa.String(length=36)))
    op.add_column("visitor", sa.Column("network_hash", sa.String(length=43)))
    op.create_index(op.f("ix_visitor_contact_id"), "visitor", ["contact_id"])


def _keep_audit_log() -> None:
    """The audit log is appended to and nothing else, whoever asks the database."""
    if op.get_bind().dialect.name == "sqlite":
        refuse = "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
        op.execute(f"CREATE TRIGGER audit_entry_unchanged BEFORE UPDATE ON audit_entry {refuse}")
        op.execute(
            "CREATE TRIGGER audit_entry_unremoved BEFORE DELETE ON audit_entry "
            f"WHEN OLD.at > (strftime('%s', 'now') - {KEPT_DAYS * 86_400}) * 1000 {refuse}"
        )
        return
    op.execute(
        "CREATE FUNCTION audit_entry_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_entry_unchanged BEFORE UPDATE ON audit_entry "
        "FOR EACH ROW EXECUTE FUNCTION audit_entry_refuse()"
    )
    op.execute(
        "CREATE TRIGGER audit_entry_unremoved BEFORE DELETE ON audit_entry FOR EACH ROW "
        f"WHEN (OLD.at > (extract(epoch FROM now()) - {KEPT_DAYS * 86_400}) * 1000) "
        "EXECUTE FUNCTION audit_entry_refuse()"
    )


def downgrade() -> None:
    """Back to owners alone. What the tables hold is gone."""
    op.drop_index(op.f("ix_visitor_contact_id"), table_name="visitor")
    op.drop_column("visitor", "network_hash")
    op.drop_column("visitor", "contact_id")
    op.drop_column("visitor", "email")
    op.drop_column("site", "seen_origin")
    op.drop_column("site", "seen_at")
    op.drop_column("site", "identity_mode")
    op.drop_index(op.f("ix_session_ended_at"), table_name="session")
    op.drop_column("session", "place")
    op.drop_column("session", "device")
    op.drop_column("session", "factors")
    op.drop_column("session", "factor_at")
    op.drop_column("session", "last_seen_at")
    op.drop_column("relay_event", "claimed_until")
    op.drop_column("relay_event", "claimed_by")
    op.drop_index(op.f("ix_operator_workspace_id"), table_name="operator")
    op.drop_index(op.f("ix_operator_changed_at"), table_name="operator")
    op.drop_column("operator", "changed_at")
    op.drop_column("operator", "totp_step")
    op.drop_column("operator", "totp_secret")
    op.drop_column("operator", "languages")
    op.drop_column("operator", "photo")
    op.drop_column("operator", "status")
    op.drop_column("conversation", "consent_chain")
    for name in TABLES:
        op.drop_table(name)
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION audit_entry_refuse")
