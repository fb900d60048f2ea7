"""The fields of filters, in one table. A new field is a row of FIELDS (CONTRIBUTING.md, "A field of filters")."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from crumbless.protocol.timeline import Status

FieldType = Literal["choice", "choices", "number", "duration", "date"]
"""`choice` has one of several values, `choices` a set of them. `duration` is the time since an instant. `date` is an
instant."""


@dataclass(frozen=True, slots=True)
class Field:
    """A property of conversations.

    Args:
        name: its name in filters, and the key of its value in memory.
        column: the table and the column. Tables other than `conversation` have a column `conversation_no`, and may have
            several rows for a conversation: they belong to the type `choices`.
        nullable: whether it can be empty, so that `none` has a meaning.
        values: the values of a choice, if they are always the same. Others are in `FilterContext.choices`.
        keyword: the keyword for the operator (`me`) or their teams (`mine`), if it has a meaning here.
    """

    name: str
    type: FieldType
    column: str
    nullable: bool = False
    values: tuple[str, ...] = ()
    keyword: Literal["me", "mine"] | None = None


FIELDS: Mapping[str, Field] = {
    field.name: field
    for field in (
        Field("status", "choice", "conversation.status", values=get_args(Status)),
        Field("site", "choice", "conversation.site_id"),
        Field("team", "choice", "conversation.team_id", nullable=True, keyword="mine"),
        Field("wait", "duration", "conversation.waiting_since", nullable=True),
        Field("started", "date", "conversation.started_at"),
        Field("number", "number", "conversation.number"),
    )
}
