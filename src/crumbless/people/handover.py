"""Hands over the things of an operator who leaves to a colleague, or releases them.

A subject declares each kind of things of an operator as a row: how to count them, and how to hand them over.
`handover_table.py` joins the rows, and `app.py` passes them to `Handover`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from crumbless.audit_log.audit_write import write_audit_log
from crumbless.core.errors import ApiError
from crumbless.people.member_store import Member, find_member
from crumbless.people.people_wire import HandoverKind, OperatorThings
from crumbless.security.access import Session


@dataclass(frozen=True, slots=True)
class Departure:
    """An operator who leaves, the colleague who takes over, if there is one, and the session that decides it."""

    actor: Session
    leaver: Member
    colleague: Member | None


@dataclass(frozen=True, slots=True)
class HandoverRow:
    """One kind of things of an operator.

    `count`: gets the workspace and the operator's ID. `give`: hands the things over, and returns how many the colleague
    got. It releases things that the colleague may not have, or all if there is no colleague.
    """

    kind: HandoverKind
    count: Callable[[Connection, int, str], int]
    give: Callable[[Connection, Departure], int]


class Handover:
    """Hands over all kinds of things of an operator, in the transaction of the caller."""

    def __init__(self, rows: Sequence[HandoverRow]) -> None:
        self._rows = rows

    def count(self, connection: Connection, workspace: int, operator_id: str) -> list[OperatorThings]:
        """Return the number of things of each kind, without those of which there are none.

        Raises:
            ApiError: `not_found` for an operator of another workspace.
        """
        person = find_member(connection, workspace, operator_id)
        counted = [OperatorThings(row.kind, row.count(connection, workspace, person.id)) for row in self._rows]
        return [one for one in counted if one.count]

    def give(self, connection: Connection, actor: Session, leaver: Member, to: str | None) -> None:
        """Hand everything over, and log the numbers.

        Args:
            to: the ID of the colleague; None to release everything.

        Raises:
            ApiError: `not_found` for a colleague of another workspace; `invalid` for a disabled one and the operator.
        """
        colleague = None if to is None else find_member(connection, actor.workspace, to)
        if colleague is not None and (colleague.id == leaver.id or not colleague.active):
            raise ApiError("invalid", "Choose an active colleague.")
        had = self.count(connection, actor.workspace, leaver.id)
        if not had:
            return
        departure = Departure(actor, leaver, colleague)
        given = {row.kind: row.give(connection, departure) for row in self._rows}
        details = {"to": to, "had": {one.kind: one.count for one in had}, "given": given}
        # Without names: the entry outlives an operator who is made anonymous.
        write_audit_log(connection, actor, "handed_over", target_kind="operator", target_id=leaver.id, details=details)
