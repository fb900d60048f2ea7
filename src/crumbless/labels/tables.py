"""The table of labels."""

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, String, Table, Text, UniqueConstraint

from crumbless.database.metadata import Id, metadata

label = Table(
    "label",
    metadata,
    Column("id", Id, primary_key=True),
    Column("workspace_id", Integer, ForeignKey("workspace.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("colour", String(7), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("workspace_id", "name"),
)
