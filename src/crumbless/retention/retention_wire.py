"""The protocol's types for retention and deletion."""

from typing import Annotated, Literal

import msgspec

from crumbless.core.bounds import AuditDays, Name, SiteKey, StoredDays


class SiteRetention(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The rule of a site, in place of the workspace's.

    `conversation_days`: days after the last message of a closed conversation; null: never. `receipt_days`: null: as the
    workspace.
    """

    key: SiteKey
    conversation_days: StoredDays | None = None
    receipt_days: StoredDays | None = None


class RetentionRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The rules of a workspace. `conversation_days`: null: never. The others: null: the installation's setting.

    `sites`: those with a rule that differs.
    """

    conversation_days: StoredDays | None = None
    receipt_days: StoredDays | None = None
    audit_days: AuditDays | None = None
    sites: Annotated[list[SiteRetention], msgspec.Meta(max_length=1_000)] = []


class RetentionPreview(msgspec.Struct, frozen=True):
    """The data that a run at this time deletes."""

    at: int
    conversations: int
    contacts: int
    receipts: int
    audit_entries: int


DeletionKind = Literal["conversation", "visitor", "request", "site", "workspace", "retention", "operator"]


class DeletionReceipt(msgspec.Struct, frozen=True):
    """Proves a deletion without personal data. `finished_at`: null while it runs. `counts`: deleted rows by kind.

    `operator`: the ID of the operator who deleted; empty for the nightly run.
    """

    id: str
    kind: DeletionKind
    operator: str
    started_at: int
    finished_at: int | None
    counts: dict[str, int]


class DeletionsResponse(msgspec.Struct, frozen=True):
    """The newest receipts of deletions, newest first."""

    deletions: list[DeletionReceipt]


class WorkspaceDeletion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Confirms the deletion of the workspace by its name."""

    name: Name


class RetentionResponse(msgspec.Struct, frozen=True):
    """The stored rules, the installation's settings, and the data that the next run deletes.

    `last`: the last run that deleted something.
    """

    rules: RetentionRequest
    default_receipt_days: int
    default_audit_days: int
    next: RetentionPreview
    last: DeletionReceipt | None
