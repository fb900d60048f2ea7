"""One outbox: the events for vendors become tasks, and a task says where it goes and what it is about."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the columns and move the rows. Claims are dropped: every node has stopped."""
    for name, length in (("destination", 64), ("about", 36)):
        op.add_column("task", sa.Column(name, sa.String(length=length), server_default=sa.text("''"), nullable=False))
    postgres = op.get_bind().dialect.name == "postgresql"
    about = "payload->>'about'" if postgres else "json_extract(payload, '$.about')"
    rest = "(payload::jsonb - 'about')::json" if postgres else "json_remove(payload, '$.about')"
    op.execute(f"UPDATE task SET about = {about}, payload = {rest} WHERE kind = 'mail' AND {about} IS NOT NULL")  # noqa: S608 # nosec B608
    named = "json_build_object('name', name)" if postgres else "json_object('name', name)"
    op.execute(
        "INSERT INTO task (workspace_id, kind, destination, about, payload, due_at, tries, created_at) "  # noqa: S608 # nosec B608
        f"SELECT workspace_id, service, CAST(site_id AS TEXT), chain, {named}, due_at, tries, at "
        "FROM relay_event ORDER BY id"
    )
    op.drop_table("relay_event")
    op.drop_index(op.f("ix_task_dead_at_due_at"), table_name="task")
    op.create_index(op.f("ix_task_kind_due_at"), "task", ["kind", "due_at"])
    op.create_index(op.f("ix_task_dead_at"), "task", ["dead_at"])
    op.create_index(op.f("ix_task_about"), "task", ["about"])


def downgrade() -> None:
    """Move the rows back."""
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
        sa.Column("claimed_by", sa.String(length=36)),
        sa.Column("claimed_until", sa.BigInteger()),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name=op.f("fk_relay_event_workspace_id_workspace")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_relay_event_site_id_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relay_event")),
    )
    op.create_index(op.f("ix_relay_event_service_due_at"), "relay_event", ["service", "due_at"])
    op.create_index(op.f("ix_relay_event_chain"), "relay_event", ["chain"])
    postgres = op.get_bind().dialect.name == "postgresql"
    name = "payload->>'name'" if postgres else "json_extract(payload, '$.name')"
    op.execute(
        "INSERT INTO relay_event (workspace_id, site_id, service, name, chain, at, due_at, tries) "  # noqa: S608 # nosec B608
        f"SELECT workspace_id, CAST(destination AS INTEGER), kind, {name}, about, created_at, due_at, tries "
        "FROM task WHERE kind IN ('ga4', 'tiktok') ORDER BY id"
    )
    op.execute("DELETE FROM task WHERE kind IN ('ga4', 'tiktok')")
    both = (
        "(payload::jsonb || jsonb_build_object('about', about))::json"
        if postgres
        else "json_set(payload, '$.about', about)"
    )
    op.execute(f"UPDATE task SET payload = {both} WHERE kind = 'mail' AND about <> ''")  # noqa: S608 # nosec B608
    for index in ("ix_task_about", "ix_task_dead_at", "ix_task_kind_due_at"):
        op.drop_index(op.f(index), table_name="task")
    op.create_index(op.f("ix_task_dead_at_due_at"), "task", ["dead_at", "due_at"])
    op.drop_column("task", "about")
    op.drop_column("task", "destination")
