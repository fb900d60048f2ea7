"""The keys and networks with which an operator has signed in before."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, exists, or_, select, text

from crumbless.accounts.tables import known_network
from crumbless.core.ids import now_ms
from crumbless.core.time_units import DAY_MS
from crumbless.realtime.tables import operator, session

NETWORK_DAYS = 30
"""Days without a sign-in after which a network is unknown again, and its row is deleted."""

MAX_NETWORKS = 20
"""Networks stored for one operator, the newest."""


@dataclass(frozen=True, slots=True)
class Known:
    """Whether the operator has signed in with this key, and from this network."""

    key: bool
    network: bool


def find_known(connection: Connection, account: str, thumbprint: str, network_hash: str) -> Known:
    """Return whether the key and the network are known. The same single statement runs if no such account exists.

    Args:
        account: an operator's ID or email address.
    """
    account_id = (
        select(operator.c.id).where(or_(operator.c.id == account, operator.c.email == account)).scalar_subquery()
    )
    by_key = exists().where(session.c.operator_id == account_id, session.c.thumbprint == thumbprint)
    by_network = exists().where(
        known_network.c.operator_id == account_id,
        known_network.c.network_hash == network_hash,
        known_network.c.seen_at > now_ms() - NETWORK_DAYS * DAY_MS,
    )
    row = connection.execute(select(by_key.label("by_key"), by_network.label("by_network"))).one()
    return Known(bool(row.by_key), bool(row.by_network))


# The syntax of SQLite and PostgreSQL is the same here; SQLAlchemy has one construct for each.
_NOTE = text(
    "INSERT INTO known_network (workspace_id, operator_id, network_hash, seen_at)"
    " VALUES (:workspace, :operator, :network, :at)"
    " ON CONFLICT (operator_id, network_hash) DO UPDATE SET seen_at = excluded.seen_at"
)


def note_network(connection: Connection, workspace: int, operator_id: str, network_hash: str) -> None:
    """Store that the operator has proved their identity from this network. Delete the oldest of too many networks."""
    values = {"workspace": workspace, "operator": operator_id, "network": network_hash, "at": now_ms()}
    connection.execute(_NOTE, values)
    of_operator = known_network.c.operator_id == operator_id
    newest = select(known_network.c.id).where(of_operator).order_by(known_network.c.seen_at.desc())
    connection.execute(delete(known_network).where(of_operator, known_network.c.id.not_in(newest.limit(MAX_NETWORKS))))
