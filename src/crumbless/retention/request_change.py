"""Begins, handles and closes requests of people, and erases the person of a request."""

from sqlalchemy import Connection

from crumbless.audit_log.audit_write import write_audit_log
from crumbless.core.errors import ApiError
from crumbless.core.ids import now_ms
from crumbless.core.time_units import DAY_MS
from crumbless.http.action_services import ActionServices
from crumbless.ledger.ledger_port import Erasure
from crumbless.ledger.transaction import Transaction
from crumbless.mail.mail_message import check_address
from crumbless.people.actor_recheck import require_unchanged
from crumbless.retention.deletion_run import erase_visitors, note_deletion
from crumbless.retention.deletion_store import find_deletion
from crumbless.retention.request_store import (
    add_request,
    assign_request,
    close_request,
    count_found,
    find_request,
    visitors_by_email,
)
from crumbless.retention.request_wire import (
    PersonRequest,
    PersonRequestBegin,
    PersonRequestDetails,
    RequestEnd,
)
from crumbless.security.access import Session

OLDEST_DAYS = 366
"""A request cannot have been made longer ago: a typing error."""


def begin_request(tx: Transaction, actor: Session, wanted: PersonRequestBegin) -> PersonRequest:
    """Add a request, which the actor handles.

    Raises:
        ApiError: `forbidden`; `invalid` for an invalid address or time.
    """
    require_unchanged(tx.connection, actor)
    check_address(wanted.email.strip())
    now = now_ms()
    if wanted.asked_at is not None and not now - OLDEST_DAYS * DAY_MS <= wanted.asked_at <= now + DAY_MS:
        raise ApiError("invalid", "Enter a date within the last year.")
    request_id = add_request(tx.connection, actor.workspace, wanted, actor.subject)
    _note(tx.connection, actor, "request_added", request_id, wanted.kind)
    return find_request(tx.connection, actor.workspace, request_id)


def take_request(tx: Transaction, actor: Session, request_id: str) -> PersonRequest:
    """Make the actor the operator who handles the request. Raises ApiError `forbidden`, `not_found`, `invalid`."""
    require_unchanged(tx.connection, actor)
    _find_open(tx.connection, actor.workspace, request_id)
    assign_request(tx.connection, actor.workspace, request_id, actor.subject)
    return find_request(tx.connection, actor.workspace, request_id)


def end_request(tx: Transaction, actor: Session, request_id: str, status: RequestEnd) -> PersonRequest:
    """Close a request without erasing, and delete its address. Raises ApiError `forbidden`, `not_found`, `invalid`."""
    require_unchanged(tx.connection, actor)
    found = _find_open(tx.connection, actor.workspace, request_id)
    if found.kind == "erase" and status == "done":
        raise ApiError("invalid", "Erase the data to complete this request.")
    close_request(tx.connection, actor.workspace, request_id, status, None)
    _note(tx.connection, actor, f"request_{status}", request_id, found.kind)
    return find_request(tx.connection, actor.workspace, request_id)


async def erase_person(services: ActionServices, actor: Session, request_id: str) -> PersonRequestDetails:
    """Erase everything about the person of a request, in one transaction, and close it with a receipt.

    Raises:
        ApiError: `forbidden`; `not_found`; `invalid` if it is closed or asks for a copy; `busy`.
    """

    def erase(connection: Connection) -> Erasure[PersonRequestDetails]:
        require_unchanged(connection, actor)
        found = _find_open(connection, actor.workspace, request_id)
        if found.kind != "erase":
            raise ApiError("invalid", "This person asked for a copy, not for an erasure.")
        visitors = visitors_by_email(connection, actor.workspace, found.email)
        counts, entries = erase_visitors(connection, actor.workspace, visitors)
        receipt = note_deletion(connection, actor, "request", counts)
        close_request(connection, actor.workspace, request_id, "done", receipt.id)
        _note(connection, actor, "request_done", request_id, found.kind)
        return Erasure(read_request(connection, actor.workspace, request_id), entries)

    return await services.erase(erase, actor.workspace)


def read_request(connection: Connection, workspace: int, request_id: str) -> PersonRequestDetails:
    """Return a request with the data that its address finds. Raises ApiError `not_found`."""
    found = find_request(connection, workspace, request_id)
    visitors = visitors_by_email(connection, workspace, found.email)
    receipt = None if found.receipt is None else find_deletion(connection, workspace, found.receipt)
    return PersonRequestDetails(found, count_found(connection, visitors), receipt)


def _find_open(connection: Connection, workspace: int, request_id: str) -> PersonRequest:
    found = find_request(connection, workspace, request_id)
    if found.status != "open":
        raise ApiError("invalid", "This request is closed.")
    return found


def _note(connection: Connection, actor: Session, action: str, request_id: str, kind: str) -> None:
    write_audit_log(
        connection, actor, action, target_kind="person_request", target_id=request_id, details={"kind": kind}
    )
