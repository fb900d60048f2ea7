"""The tables of conversations and entries, of the workspaces, sites and teams that they refer to, and of tasks."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from crumbless.database.metadata import Id, metadata

workspace = Table(
    "workspace",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    # The newest entry's position, increased in the ledger's transaction, once per batch.
    Column("position", BigInteger, nullable=False, default=0),
    # The number of the newest conversation.
    Column("last_number", Integer, nullable=False, server_default="0"),
    Column("created_at", BigInteger, nullable=False),
    # When it will be deleted, and when it was (retention/). Until then the deletion can be undone.
    Column("delete_at", BigInteger),
    Column("deleted_at", BigInteger),
    # 1: colleagues see who is reading a conversation, and reports show single operators. Read them through
    # `read_staff_privacy` (people/workspace_store.py).
    Column("shows_reading", Integer, nullable=False, server_default="1"),
    Column("operator_reports", Integer, nullable=False, server_default="1"),
)


site = Table(
    "site",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("workspace_id", Integer, ForeignKey("workspace.id"), nullable=False),
    Column("key", String(64), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("origins", JSON, nullable=False),
    Column("accent", String(7)),
    Column("side", String(5), nullable=False, default="right"),
    # Increased when a vendor script is added that visitors were not asked about. Older consents are then invalid.
    Column("consent_revision", Integer, nullable=False, server_default="1"),
    # Whether visitors may, or must, be verified by the site: off, optional, required.
    Column("identity_mode", String(16), nullable=False, server_default="off"),
    # When and on which of the site's pages the widget was last loaded: for the check after the setup.
    Column("embed_seen_at", BigInteger),
    Column("embed_seen_origin", Text),
    Column("created_at", BigInteger, nullable=False),
    # As of a workspace. The row of a deleted site stays, because its conversations' shells refer to it.
    Column("delete_at", BigInteger),
    Column("deleted_at", BigInteger),
)


conversation = Table(
    "conversation",
    metadata,
    # Identifies the conversation inside the database. A small, growing key keeps the entries' indexes small and their
    # new rows close together. Outside of the database the ID is used.
    Column("no", Integer, primary_key=True),
    Column("id", Id, nullable=False, unique=True),
    Column("workspace_id", Integer, ForeignKey("workspace.id"), nullable=False),
    # Identifies the conversation for operators. It counts in each workspace, so it reveals nothing about others.
    Column("number", Integer, nullable=False, server_default="0"),
    Column("site_id", Integer, ForeignKey("site.id"), nullable=False),
    # The team that the conversation is assigned to. Operators whose list has the team see it.
    Column("team_id", Id),
    Column("visitor_id", Id, ForeignKey("visitor.id"), nullable=False),
    Column("status", String(16), nullable=False),
    # When the visitor wrote the first message without a reply; null: no reply is needed.
    Column("waiting_since", BigInteger),
    Column("last_seq", Integer, nullable=False, default=0),
    # The number of entries that the visitor sees.
    Column("last_visitor_seq", Integer, nullable=False, server_default="0"),
    # Position of the newest entry, by which the inbox is sorted.
    Column("position", BigInteger, nullable=False, default=0),
    # How far each side has read, as the seq of an entry.
    Column("visitor_seen", Integer, nullable=False, default=0),
    Column("operator_seen", Integer, nullable=False, default=0),
    # The workspace's position when a seen mark last moved. It shows which marks a reconnecting operator has missed.
    Column("seen_position", BigInteger, nullable=False, default=0),
    # The operator whom it is assigned to.
    Column("operator_id", Id),
    # -1: low, 0: normal, 1: high, 2: urgent.
    Column("priority", Integer, nullable=False, server_default="0"),
    # The IDs of its labels. Labels that were deleted remain.
    Column("labels", JSON, nullable=False, server_default="[]"),
    # When it will be open again, while the status is `snoozed`. A message opens it and leaves this value, so that
    # messages do not change the index.
    Column("snoozed_until", BigInteger),
    # The consent under which events of this conversation may be relayed.
    Column("receipt_chain", String(22)),
    Column("started_at", BigInteger, nullable=False),
    # When its content was erased and only the shell remained (retention/shell.py).
    Column("erased_at", BigInteger),
    # For retention. The columns do not change while a conversation lives, so messages do not update this index.
    Index(
        "ix_conversation_live",
        "site_id",
        "started_at",
        sqlite_where=text("erased_at IS NULL"),
        postgresql_where=text("erased_at IS NULL"),
    ),
    Index(None, "workspace_id", "position"),
    # For the inbox of one status: most installations close nearly all conversations, and some never close any.
    Index(None, "workspace_id", "status", "position"),
    # For the inbox of conversations that need a reply.
    Index(
        "ix_conversation_waiting",
        "workspace_id",
        "position",
        # So on PostgreSQL too. Only migrations create it there, and naming the dialect would import it (25 ms).
        sqlite_where=text("waiting_since IS NOT NULL"),
    ),
    Index(
        "ix_conversation_snoozed_until",
        "snoozed_until",
        sqlite_where=text("snoozed_until IS NOT NULL"),
        postgresql_where=text("snoozed_until IS NOT NULL"),
    ),
    Index("uq_conversation_workspace_id_number", "workspace_id", "number", unique=True),
    Index(None, "workspace_id", "seen_position"),
    Index(None, "visitor_id"),
)


# On SQLite this table has another column, `no INTEGER PRIMARY KEY`, which is never read or copied. With it, rows are
# appended at one place in the file instead of one per workspace, which writes a third of the pages (bench/README.md).
# Only migrations create tables, so the column is not needed here.
entry = Table(
    "entry",
    metadata,
    Column("workspace_id", Integer, primary_key=True, autoincrement=False),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("conversation_no", Integer, ForeignKey("conversation.no"), nullable=False),
    Column("seq", Integer, nullable=False),
    # The entry's number for the visitor; null: the visitor does not see the entry.
    Column("visitor_seq", Integer),
    Column("id", Id, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("author_kind", String(16), nullable=False),
    Column("author_id", Id, nullable=False),
    Column("author_name", Text, nullable=False),
    # The entry's content as JSON (protocol/timeline.py); null once it was erased. Text on PostgreSQL too: the server
    # passes it on byte for byte, and compares a message that is sent again with it.
    Column("data", Text),
    # The ID of the newest edit, which has the text that visitors see. It is set in the message and its earlier edits.
    Column("edit_id", Id),
    # Each index begins with another column, so that there is only one index for each lookup. Between two that begin
    # alike, PostgreSQL may choose the wrong one while tables are small, and still use it when they have grown.
    UniqueConstraint("conversation_no", "seq"),
    # IDs grow with time, so new ones are on one page of this index.
    UniqueConstraint("id", "workspace_id"),
)


team = Table(
    "team",
    metadata,
    Column("id", Id, primary_key=True),
    Column("workspace_id", Integer, ForeignKey("workspace.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("workspace_id", "name"),
)


# The outbox: jobs, stored in the transaction of the action that causes them. Any node may run them.
task = Table(
    "task",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("workspace_id", Integer, ForeignKey("workspace.id")),
    Column("kind", String(24), nullable=False),
    # Tasks of a kind with the same destination can be sent together: the ID of a site, for events to vendors.
    Column("destination", String(64), nullable=False, server_default=text("''")),
    # The visitor or the chain of receipts that the task belongs to and is deleted with.
    Column("about", String(36), nullable=False, server_default=text("''")),
    Column("payload", JSON, nullable=False),
    # The part of the payload that must not be readable in the database (security/encryption.py).
    Column("encrypted", LargeBinary),
    Column("due_at", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    # The node that runs it, and until when no other node may.
    Column("claimed_by", Id),
    Column("claimed_until", BigInteger),
    # When it failed for good, and the reason, without personal data.
    Column("dead_at", BigInteger),
    Column("error", Text, nullable=False, server_default=text("''")),
    Column("created_at", BigInteger, nullable=False),
    Index(None, "kind", "due_at"),
    Index(None, "dead_at"),
    Index(None, "about"),
)
