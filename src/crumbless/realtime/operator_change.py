"""The only place that changes rows of operators. Every node is notified, so that streams get the new rights."""

from sqlalchemy import ColumnElement, Connection, update

from crumbless.core.ids import now_ms
from crumbless.ledger.after_commit import after_commit
from crumbless.ledger.events import OperatorChanged
from crumbless.realtime.tables import operator


def change_operators(connection: Connection, which: ColumnElement[bool], **values: object) -> None:
    """Set these columns of the operators that match the condition, and the time of their last change."""
    changed = update(operator).where(which).values(**values, changed_at=now_ms())
    for row in connection.execute(changed.returning(operator.c.id, operator.c.workspace_id)).all():
        after_commit(connection, OperatorChanged(row.workspace_id, row.id))
