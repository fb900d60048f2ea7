"""Ends a visitor's session on this device. Conversations stay."""

from crumbless.ledger.transaction import Transaction
from crumbless.realtime.session_store import end_sessions
from crumbless.security.access import Session, require


def log_out_visitor(tx: Transaction, actor: Session) -> None:
    """End the session. With the commit its token becomes invalid, and its streams close.

    Raises:
        ApiError: `forbidden` for an operator.
    """
    require(actor, "identify_own")
    end_sessions(tx.connection, [actor])
