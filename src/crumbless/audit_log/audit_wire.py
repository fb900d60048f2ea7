"""The protocol's types for the audit log."""

from typing import Any, Literal

import msgspec

ActorKind = Literal["operator", "visitor", "system"]


class AuditRecordResponse(msgspec.Struct, frozen=True):
    """The actor, action, object, time and session. `system`: the server itself, or an administrator at its command
    line."""

    number: int
    at: int
    actor_kind: ActorKind
    actor_id: str
    actor_name: str
    action: str
    target_kind: str
    target_id: str
    target_name: str
    session_id: str | None
    thumbprint: str | None
    request_id: str | None
    details: dict[str, Any]


class AuditLogPage(msgspec.Struct, frozen=True):
    """Entries of the audit log, newest first; `more`: there are older ones."""

    records: list[AuditRecordResponse]
    more: bool
