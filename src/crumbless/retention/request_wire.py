"""The protocol's types for requests of people (GDPR, articles 15 and 17)."""

from typing import Literal

import msgspec

from crumbless.core.bounds import Email
from crumbless.retention.retention_wire import DeletionReceipt

RequestKind = Literal["export", "erase"]
RequestStatus = Literal["open", "done", "declined"]
RequestEnd = Literal["done", "declined"]


class PersonRequestBegin(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A request that a person made. `asked_at`: when; null: now."""

    kind: RequestKind
    email: Email
    asked_at: int | None = None


class PersonRequest(msgspec.Struct, frozen=True):
    """A request. `email` is empty once it is closed. `operator`: the ID of the operator who handles it; may be empty.

    `due_at`: one month after the person asked (GDPR, article 12(3)). `receipt`: the ID of the deletion's receipt.
    """

    id: str
    kind: RequestKind
    status: RequestStatus
    email: str
    operator: str
    asked_at: int
    due_at: int
    closed_at: int | None
    receipt: str | None


class PersonRequests(msgspec.Struct, frozen=True):
    """The requests of a workspace: the open ones, the next deadline first, then those closed last."""

    requests: list[PersonRequest]


class PersonFound(msgspec.Struct, frozen=True):
    """The numbers of what is stored about the person of a request."""

    visitors: int
    contacts: int
    conversations: int
    messages: int
    receipts: int


class PersonRequestDetails(msgspec.Struct, frozen=True):
    """A request with the data that its address finds, and the receipt of its deletion."""

    request: PersonRequest
    found: PersonFound
    receipt: DeletionReceipt | None


class PersonRequestEnd(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a request was closed without erasing: the copy was sent, or it was declined."""

    status: RequestEnd
