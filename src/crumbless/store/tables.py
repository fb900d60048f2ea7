"""Every table. Keys lead with the workspace, so that a later split by workspace needs no change of code.

Times are whole milliseconds since 1970 (UTC); ids are UUIDs as text.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Id = String(36)

workspace = Table(
    "workspace",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    # The newest entry's position; raised inside the ledger's transaction, once per batch.
    Column("position", BigInteger, nullable=False, default=0),
    Column("created_at", BigInteger, nullable=False),
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
    Column("created_at", BigInteger, nullable=False),
)

# The tags of others that a site uses. A secret belongs to a relay and never leaves the server.
site_tag = Table(
    "site_tag",
    metadata,
    Column("workspace_id", Integer, ForeignKey("workspace.id"), nullable=False),
    Column("site_id", Integer, ForeignKey("site.id"), primary_key=True),
    Column("service", String(16), primary_key=True),
    Column("way", String(16), nullable=False),
    Column("identifier", Text, nullable=False),
    Column("secret", Text, nullable=False, default=""),
    Column("created_at", BigInteger, nullable=False),
)

operator = Table(
    "operator",
    metadata,
    Column("id", Id, primary_key=True),
    Column("workspace_id", Integer, ForeignKey("workspace.id"), nullable=False),
    Column("email", String(254), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("role", String(16), nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

visitor = Table(
    "visitor",
    metadata,
    Column("id", Id, primary_key=True),
    Column("workspace_id", Integer, ForeignKey("workspace.id"), nullable=False),
    Column("site_id", Integer, ForeignKey("site.id"), nullable=False),
    # The key that is the visitor; null for a browser that cannot make one.
    Column("thumbprint", String(43)),
    Column("name", Text, nullable=False, default=""),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("site_id", "thumbprint"),
)

conversation = Table(
    "conversation",
    metadata,
    # Names the conversation inside the database: a small, growing key keeps the entries' indexes small and their
    # new rows close together. Outside it is known by its id.
    Column("no", Integer, primary_key=True),
    Column("id", Id, nullable=False, unique=True),
    Column("workspace_id", Integer, ForeignKey("workspace.id"), nullable=False),
    Column("site_id", Integer, ForeignKey("site.id"), nullable=False),
    Column("visitor_id", Id, ForeignKey("visitor.id"), nullable=False),
    Column("status", String(16), nullable=False),
    Column("last_seq", Integer, nullable=False, default=0),
    # Position of the newest entry: the order of the inbox.
    Column("position", BigInteger, nullable=False, default=0),
    Column("visitor_seen", Integer, nullable=False, default=0),
    Column("operator_seen", Integer, nullable=False, default=0),
    # The workspace's position when a seen mark last moved: which marks a returning operator has missed.
    Column("seen_position", BigInteger, nullable=False, default=0),
    Column("started_at", BigInteger, nullable=False),
    Index(None, "workspace_id", "position"),
    Index(None, "workspace_id", "seen_position"),
    Index(None, "visitor_id"),
)

entry = Table(
    "entry",
    metadata,
    Column("workspace_id", Integer, primary_key=True, autoincrement=False),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("conversation_no", Integer, ForeignKey("conversation.no"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("id", Id, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("author_kind", String(16), nullable=False),
    Column("author_id", Id, nullable=False),
    Column("author_name", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("event", String(16), nullable=False),
    UniqueConstraint("workspace_id", "conversation_no", "seq"),
    # Not by conversation: ids grow with time, so that new ones meet on one page of this index.
    UniqueConstraint("workspace_id", "id"),
    # Rows lie in position order in the file: appending touches one page, following the feed reads one run.
    sqlite_with_rowid=False,
)

session = Table(
    "session",
    metadata,
    Column("id", Id, primary_key=True),
    Column("workspace_id", Integer, ForeignKey("workspace.id"), nullable=False),
    Column("token_hash", LargeBinary(32), nullable=False, unique=True),
    Column("thumbprint", String(43)),
    Column("operator_id", Id, ForeignKey("operator.id")),
    Column("visitor_id", Id, ForeignKey("visitor.id")),
    Column("conversation_id", Id, ForeignKey("conversation.id")),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Index(None, "operator_id"),
    Index(None, "visitor_id"),
)
