"""Indexes that lead to one row each: an inbox of one status, an entry by its id, a conversation's entries.

Two indexes of `entry` and its key began with the workspace. A database that had not yet counted its rows could take any
of them for any question, and read a whole workspace to find one entry.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_BY_CONVERSATION = "workspace_id", "conversation_no", "seq"
_BY_ID = "workspace_id", "id"


def upgrade() -> None:
    """Indexes that lead to one row each"""
    op.create_index(
        op.f("ix_conversation_workspace_id_status_position"), "conversation", ["workspace_id", "status", "position"]
    )
    _replace_uniques(old=[_BY_CONVERSATION, _BY_ID], new=[("conversation_no", "seq"), ("id", "workspace_id")])


def downgrade() -> None:
    """Back to indexes that begin alike."""
    _replace_uniques(old=[("conversation_no", "seq"), ("id", "workspace_id")], new=[_BY_CONVERSATION, _BY_ID])
    op.drop_index(op.f("ix_conversation_workspace_id_status_position"), table_name="conversation")


def _replace_uniques(old: Sequence[Sequence[str]], new: Sequence[Sequence[str]]) -> None:
    if op.get_bind().dialect.name == "sqlite":
        _rebuild(new)
        return
    for columns in new:
        op.create_unique_constraint(_name(columns), "entry", columns)
    for columns in old:
        op.drop_constraint(_name(columns), "entry")


def _rebuild(uniques: Sequence[Sequence[str]]) -> None:
    """SQLite cannot take a constraint from a table: its rows move into another, in the order of the key."""
    op.create_table(
        "entry_rebuilt",
        sa.Column("workspace_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("conversation_no", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("author_kind", sa.String(length=16), nullable=False),
        sa.Column("author_id", sa.String(length=36), nullable=False),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("event", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_no"], ["conversation.no"], name=op.f("fk_entry_conversation_no_conversation")
        ),
        sa.PrimaryKeyConstraint("workspace_id", "position", name=op.f("pk_entry")),
        *(sa.UniqueConstraint(*columns, name=_name(columns)) for columns in uniques),
        sqlite_with_rowid=False,
    )
    op.execute("INSERT INTO entry_rebuilt SELECT * FROM entry ORDER BY workspace_id, position")
    op.drop_table("entry")
    op.rename_table("entry_rebuilt", "entry")


def _name(columns: Sequence[str]) -> str:
    return op.f(f"uq_entry_{'_'.join(columns)}")
