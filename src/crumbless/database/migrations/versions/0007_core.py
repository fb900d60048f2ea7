"""The entry, once: data by kind, the visitor's own numbers; statuses, numbers of conversations; sessions of visitors;
which operators see which sites and teams.

Every row of `entry` moves into a table of another layout, in portions. On SQLite each portion leaves the old table at
once, so that the new rows take its place in the file, and secure_delete overwrites it: the file grows little, and no
old page contains a text that may be erased later. It is one transaction: one that is cut off leaves the old schema.
"""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

PORTION = 20_000
"""Rows that move at a time: about 10 MB."""

_COLUMNS = (
    "workspace_id, position, conversation_no, seq, visitor_seq, id, at, kind, author_kind, author_id, author_name, data"
)

_KIND = "CASE WHEN kind = 'event' THEN event WHEN kind = 'erased' THEN 'message' ELSE kind END"

_MESSAGE = {
    "sqlite": "json_object('text', text)",
    # As the server writes it, without spaces: a message that is sent again has to be the same.
    "postgresql": """'{"text":' || to_json(text)::text || '}'""",
}

_WAITING_SINCE = """
UPDATE conversation SET status = 'open', waiting_since = (
  SELECT min(e.at) FROM entry AS e
  WHERE e.conversation_no = conversation.no AND e.kind = 'message' AND e.author_kind = 'visitor' AND e.seq > coalesce((
    SELECT max(o.seq) FROM entry AS o
    WHERE o.conversation_no = conversation.no AND o.kind = 'message' AND o.author_kind = 'operator'), 0))
WHERE status = 'waiting'
"""

_NUMBERS = """
UPDATE conversation SET number = counted.number FROM (
  SELECT no, row_number() OVER (PARTITION BY workspace_id ORDER BY no) AS number FROM conversation) AS counted
WHERE conversation.no = counted.no
"""

_LAST_NUMBERS = """
UPDATE workspace SET last_number = coalesce(
  (SELECT max(number) FROM conversation WHERE conversation.workspace_id = workspace.id), 0)
"""


def upgrade() -> None:
    """Move the entries, and give conversations their numbers and statuses."""
    op.add_column("workspace", sa.Column("last_number", sa.Integer(), server_default="0", nullable=False))
    op.add_column("conversation", sa.Column("number", sa.Integer(), server_default="0", nullable=False))
    op.add_column("conversation", sa.Column("waiting_since", sa.BigInteger(), nullable=True))
    op.add_column("conversation", sa.Column("last_visitor_seq", sa.Integer(), server_default="0", nullable=False))
    _make_table()
    _move_rows()
    op.drop_table("entry")
    op.rename_table("entry_moved", "entry")
    if op.get_bind().dialect.name == "postgresql":
        _take_names()
    op.execute("UPDATE conversation SET last_visitor_seq = last_seq")
    op.execute(_NUMBERS)
    op.execute(_LAST_NUMBERS)
    op.execute(_WAITING_SINCE)
    op.create_index(
        op.f("uq_conversation_workspace_id_number"), "conversation", ["workspace_id", "number"], unique=True
    )
    _add_scopes()
    op.create_index(
        "ix_conversation_waiting",
        "conversation",
        ["workspace_id", "position"],
        sqlite_where=sa.text("waiting_since IS NOT NULL"),
        postgresql_where=sa.text("waiting_since IS NOT NULL"),
    )
    # A session belongs to its visitor, and reaches the conversations that follow from that.
    with op.batch_alter_table("session") as session:
        session.drop_constraint(op.f("fk_session_conversation_id_conversation"), type_="foreignkey")
        session.drop_column("conversation_id")


def downgrade() -> None:
    """Raise: the old tables have no place for what the new ones contain. A backup of before leads back."""
    raise NotImplementedError("there is no way back from schema 0007: restore a backup that was made before it")


def _add_scopes() -> None:
    op.add_column("conversation", sa.Column("team_id", sa.String(length=36), nullable=True))
    op.add_column("operator", sa.Column("scoped_at", sa.BigInteger(), nullable=True))
    op.create_table(
        "operator_scope",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=True),
        sa.Column("team_id", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_operator_scope_workspace_id_workspace")
        ),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.id"], name=op.f("fk_operator_scope_operator_id_operator")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_operator_scope_site_id_site")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_operator_scope_team_id_team")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operator_scope")),
        sa.UniqueConstraint("operator_id", "site_id", name=op.f("uq_operator_scope_operator_id_site_id")),
        sa.UniqueConstraint("operator_id", "team_id", name=op.f("uq_operator_scope_operator_id_team_id")),
    )
    op.create_index(op.f("ix_operator_scope_team_id"), "operator_scope", ["team_id"])


def _make_table() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    key: Callable[..., sa.Constraint] = sa.UniqueConstraint if sqlite else sa.PrimaryKeyConstraint
    name = "uq_entry_workspace_id_position" if sqlite else "pk_entry_moved"
    op.create_table(
        "entry_moved",
        *([sa.Column("no", sa.Integer()), sa.PrimaryKeyConstraint("no", name=op.f("pk_entry"))] if sqlite else []),
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("conversation_no", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("visitor_seq", sa.Integer(), nullable=True),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("author_kind", sa.String(length=16), nullable=False),
        sa.Column("author_id", sa.String(length=36), nullable=False),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_no"], ["conversation.no"], name=_name("fk_entry_conversation_no_conversation", sqlite)
        ),
        key("workspace_id", "position", name=op.f(name)),
        sa.UniqueConstraint("conversation_no", "seq", name=_name("uq_entry_conversation_no_seq", sqlite)),
        sa.UniqueConstraint("id", "workspace_id", name=_name("uq_entry_id_workspace_id", sqlite)),
    )


def _name(name: str, sqlite: bool) -> str:
    """PostgreSQL's names are the schema's: until the old table is gone, the new one has others."""
    return op.f(name if sqlite else name.replace("_entry_", "_entry_moved_"))


def _take_names() -> None:
    for one in ("pk_entry", "uq_entry_conversation_no_seq", "uq_entry_id_workspace_id"):
        moved = one.replace("_entry", "_entry_moved", 1)
        op.execute(f"ALTER TABLE entry RENAME CONSTRAINT {moved} TO {one}")
    op.execute(
        "ALTER TABLE entry RENAME CONSTRAINT fk_entry_moved_conversation_no_conversation "
        "TO fk_entry_conversation_no_conversation"
    )


def _move_rows() -> None:
    connection = op.get_bind()
    config = op.get_context().config
    told: Callable[[str, int, int], None] = (config.attributes if config else {}).get("told", _ignore)
    sqlite = connection.dialect.name == "sqlite"
    data = f"CASE WHEN kind = 'message' THEN {_MESSAGE[connection.dialect.name]} WHEN kind = 'event' THEN '{{}}' END"
    count: int = connection.execute(sa.text("SELECT count(*) FROM entry")).scalar_one()
    moved, after = 0, (0, 0)
    while moved < count:
        told("entry", moved, count)
        upto = _end_of_portion(connection, after)
        ends: dict[str, Any] = {"w": after[0], "p": after[1], "uw": upto[0], "up": upto[1]}
        portion = "(workspace_id, position) > (:w, :p) AND (workspace_id, position) <= (:uw, :up)"
        moved += connection.execute(
            sa.text(
                f"INSERT INTO entry_moved ({_COLUMNS}) SELECT workspace_id, position, conversation_no, seq, seq, id, "  # noqa: S608 # nosec B608
                f"at, {_KIND}, author_kind, author_id, author_name, {data} FROM entry WHERE {portion} "
                "ORDER BY workspace_id, position"
            ),
            ends,
        ).rowcount
        if sqlite:
            connection.execute(sa.text(f"DELETE FROM entry WHERE {portion}"), ends)  # noqa: S608 # nosec B608
        after = upto
    told("entry", moved, count)


def _end_of_portion(connection: sa.Connection, after: tuple[int, int]) -> tuple[int, int]:
    """Return the key of the last row of the portion that begins after this key."""
    row = connection.execute(
        sa.text(
            "SELECT workspace_id, position FROM (SELECT workspace_id, position FROM entry "
            "WHERE (workspace_id, position) > (:w, :p) ORDER BY workspace_id, position LIMIT :most) AS portion "
            "ORDER BY workspace_id DESC, position DESC LIMIT 1"
        ),
        {"w": after[0], "p": after[1], "most": PORTION},
    ).one()
    return row[0], row[1]


def _ignore(_table: str, _rows: int, _count: int) -> None:
    """Report no progress: nobody waits for it."""
