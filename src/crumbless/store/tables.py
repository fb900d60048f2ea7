"""The tables of the chat; tables_people.py has those of people.

Keys lead with the workspace, so that a later split by workspace needs no change of code.

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
    text,
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
    # The number of the newest conversation.
    Column("last_number", Integer, nullable=False, server_default="0"),
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
    # Raised when a tag comes that nobody was asked about; a consent of an older revision is none.
    Column("consent_revision", Integer, nullable=False, server_default="1"),
    # Whether visitors may, or must, be verified by the site: off, optional, required.
    Column("identity_mode", String(16), nullable=False, server_default="off"),
    # When the widget was last fetched by one of the site's pages, and which: for the check after the set-up.
    Column("embed_seen_at", BigInteger),
    Column("embed_seen_origin", Text),
    Column("created_at", BigInteger, nullable=False),
)

# The tags of others that a site uses. A secret belongs to a relay and never leaves the server.
vendor_tag = Table(
    "vendor_tag",
    metadata,
    Column("workspace_id", Integer, ForeignKey("workspace.id"), nullable=False),
    Column("site_id", Integer, ForeignKey("site.id"), primary_key=True),
    Column("service", String(16), primary_key=True),
    Column("mode", String(16), nullable=False),
    Column("identifier", Text, nullable=False),
    Column("secret", Text, nullable=False, default=""),
    Column("created_at", BigInteger, nullable=False),
)

# What visitors consented to. Rows are appended, never changed: a withdrawal is one more row of the same chain.
consent_receipt = Table(
    "consent_receipt",
    metadata,
    Column("no", Integer, primary_key=True),
    Column("workspace_id", Integer, ForeignKey("workspace.id"), nullable=False),
    Column("site_id", Integer, ForeignKey("site.id"), nullable=False),
    Column("receipt", String(22), nullable=False, unique=True),
    # The first receipt of those that follow one another; the newest row of a chain is what holds.
    Column("receipt_chain", String(22), nullable=False),
    Column("previous", String(22)),
    # Made by the client, so that a repeat after a lost answer is the same record.
    Column("request_id", Id),
    Column("analytics", Integer, nullable=False),
    Column("marketing", Integer, nullable=False),
    Column("services", JSON, nullable=False),
    Column("source", String(16), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("language", String(35), nullable=False),
    Column("text_digest", String(64), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("signature", Text, nullable=False),
    UniqueConstraint("site_id", "request_id"),
    Index(None, "receipt_chain"),
)

# What a relay did, by day (UTC): numbers that belong to nobody.
site_counter = Table(
    "site_counter",
    metadata,
    Column("workspace_id", Integer, ForeignKey("workspace.id"), nullable=False),
    Column("site_id", Integer, ForeignKey("site.id"), primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("name", String(40), primary_key=True),
    Column("count", BigInteger, nullable=False),
)

# Secrets that the installation makes for itself, on first use.
installation_secret = Table(
    "installation_secret",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", LargeBinary, nullable=False),
)

operator = Table(
    "operator",
    metadata,
    Column("id", Id, primary_key=True),
    Column("workspace_id", Integer, ForeignKey("workspace.id"), nullable=False),
    Column("email", String(254), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("role", String(16), nullable=False),
    # Empty: this operator has no password and signs in in another way.
    Column("password_hash", Text, nullable=False),
    # active or disabled.
    Column("status", String(16), nullable=False, server_default="active"),
    # The file that holds the photo.
    Column("photo", Id),
    Column("languages", JSON, nullable=False, server_default="[]"),
    # Sealed (domain/seal.py). Null: no TOTP.
    Column("totp_secret", LargeBinary),
    # The step of the last code that was taken: none is taken twice (RFC 6238, section 5.2).
    Column("totp_step", BigInteger, nullable=False, server_default="0"),
    # When an email about many wrong attempts was last queued.
    Column("attempts_mailed_at", BigInteger),
    # When the operator got a list of sites and teams (operator_scope); null: they see the whole workspace.
    Column("scoped_at", BigInteger),
    # When role, status, teams, list or name last changed: nodes look for those who changed since their last look.
    Column("changed_at", BigInteger, nullable=False, server_default="0"),
    Column("created_at", BigInteger, nullable=False),
    Index(None, "workspace_id"),
    Index(None, "changed_at"),
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
    # What the visitor said of themselves; nobody verified it.
    Column("email", String(254), nullable=False, server_default=text("''")),
    # The contact whom the site verified.
    Column("contact_id", Id),
    # A keyed hash of where the visitor last came from, for bans; never the address.
    Column("network_hash", String(43)),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("site_id", "thumbprint"),
    Index(None, "contact_id"),
)

conversation = Table(
    "conversation",
    metadata,
    # Names the conversation inside the database: a small, growing key keeps the entries' indexes small and their
    # new rows close together. Outside it is known by its id.
    Column("no", Integer, primary_key=True),
    Column("id", Id, nullable=False, unique=True),
    Column("workspace_id", Integer, ForeignKey("workspace.id"), nullable=False),
    # Names the conversation to people: counted in each workspace, so that it says nothing about others.
    Column("number", Integer, nullable=False, server_default="0"),
    Column("site_id", Integer, ForeignKey("site.id"), nullable=False),
    # The team that the conversation is assigned to. Operators whose list has the team see it.
    Column("team_id", Id),
    Column("visitor_id", Id, ForeignKey("visitor.id"), nullable=False),
    Column("status", String(16), nullable=False),
    # When the visitor wrote the first message that has no reply; null: nobody waits.
    Column("waiting_since", BigInteger),
    Column("last_seq", Integer, nullable=False, default=0),
    # How many entries the visitor sees.
    Column("last_visitor_seq", Integer, nullable=False, server_default="0"),
    # Position of the newest entry: the order of the inbox.
    Column("position", BigInteger, nullable=False, default=0),
    # How far each side has read, as the seq of an entry.
    Column("visitor_seen", Integer, nullable=False, default=0),
    Column("operator_seen", Integer, nullable=False, default=0),
    # The workspace's position when a seen mark last moved: which marks a returning operator has missed.
    Column("seen_position", BigInteger, nullable=False, default=0),
    # The consent under which events of this conversation may be relayed.
    Column("receipt_chain", String(22)),
    Column("started_at", BigInteger, nullable=False),
    Index(None, "workspace_id", "position"),
    # For the inbox of one status: most installations close nearly all, and some never close any.
    Index(None, "workspace_id", "status", "position"),
    # For the inbox of those who wait for a reply.
    Index(
        "ix_conversation_waiting",
        "workspace_id",
        "position",
        sqlite_where=text("waiting_since IS NOT NULL"),
        postgresql_where=text("waiting_since IS NOT NULL"),
    ),
    Index("uq_conversation_workspace_id_number", "workspace_id", "number", unique=True),
    Index(None, "workspace_id", "seen_position"),
    Index(None, "visitor_id"),
)

# On SQLite this table has another column, `no INTEGER PRIMARY KEY`, which nothing reads or copies: rows are appended to
# one place in the file instead of one place per workspace, which writes a third of the pages (bench/README.md). Only
# the migrations make tables, so that it needs no place here.
entry = Table(
    "entry",
    metadata,
    Column("workspace_id", Integer, primary_key=True, autoincrement=False),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("conversation_no", Integer, ForeignKey("conversation.no"), nullable=False),
    Column("seq", Integer, nullable=False),
    # The number that the visitor counts; null: the visitor does not see the entry.
    Column("visitor_seq", Integer),
    Column("id", Id, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("author_kind", String(16), nullable=False),
    Column("author_id", Id, nullable=False),
    Column("author_name", Text, nullable=False),
    # JSON: what an entry of this kind contains (domain/wire_timeline.py); null once it was erased. Text on PostgreSQL
    # too: the server passes it on byte for byte, and compares a message that is sent again with it.
    Column("data", Text),
    # Each index begins with another column, so that there is one way to each row: while tables are small, PostgreSQL
    # would take another that begins alike, and keep to it when they have grown.
    UniqueConstraint("conversation_no", "seq"),
    # Ids grow with time, so that new ones meet on one page of this index.
    UniqueConstraint("id", "workspace_id"),
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
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    # To the minute. A session that is not used for the idle time has expired.
    Column("last_seen_at", BigInteger, nullable=False, server_default="0"),
    # When a factor was last shown, and which were: dangerous acts ask for a fresh one.
    Column("authenticated_at", BigInteger, nullable=False, server_default="0"),
    Column("factors", String(64), nullable=False, server_default=text("''")),
    # In coarse words, for the list of sessions: "Firefox on Linux", "Europe, Berlin".
    Column("device", String(80), nullable=False, server_default=text("''")),
    Column("time_zone_name", String(80), nullable=False, server_default=text("''")),
    # 1: the site verified the visitor in this session, which then reaches all conversations of the contact.
    Column("verified", Integer, nullable=False, server_default="0"),
    Column("ended_at", BigInteger),
    Index(None, "operator_id"),
    Index(None, "visitor_id"),
    Index(None, "ended_at"),
)
