"""Stores a visitor's consent choice as a signed receipt at the end of the visitor's chain."""

import secrets
from typing import Any

from sqlalchemy import Connection

from crumbless.consent.consent import (
    CATEGORY_OF,
    ConsentReceipt,
    canonical,
    check_request,
    grants_any,
    is_receipt,
    receipt_document,
)
from crumbless.consent.consent_store import (
    RECEIPT_KEY,
    add_receipt,
    find_receipt,
    find_repeat,
    find_secret,
    newest_of_chain,
    secret_of,
    site_of_receipt,
)
from crumbless.consent.consent_wire import ConsentRequest, ConsentResponse
from crumbless.consent.receipt_signing import ReceiptKey
from crumbless.consent.tag_store import consent_revision, find_vendor_tags
from crumbless.core.errors import ApiError
from crumbless.core.ids import now_ms
from crumbless.http.action_services import ActionServices
from crumbless.ledger.transaction import Transaction
from crumbless.sites.site_store import Site
from crumbless.tasks.task import EVENT_KINDS, TaskKind
from crumbless.tasks.task_store import delete_tasks

RECEIPT_BYTES = 16


def store_consent(tx: Transaction, site: Site, request: ConsentRequest) -> ConsentResponse:
    """Append the choice. Delete the relay's queued events of categories that are no longer granted.

    Raises:
        ApiError: `invalid`, `not_found` for the previous receipt, `outdated_revision`, `id_conflict`, `busy`.
    """
    check_request(request)
    record, signature = _append(tx.connection, site, request)
    return ConsentResponse(record.receipt, signature)


async def show_keys(services: ActionServices) -> dict[str, list[dict[str, str]]]:
    """Return the JWKS (RFC 7517) that verifies receipts. The key is created on the first request."""
    secret = await services.read(lambda connection: find_secret(connection, RECEIPT_KEY))
    if secret is None:
        secret = await services.write(lambda connection: secret_of(connection, RECEIPT_KEY))
    return {"keys": [ReceiptKey(secret).public]}


def find_receipt_document(connection: Connection, receipt: str, address: str) -> dict[str, Any] | None:
    """Return the receipt with this ID as a document of the server at `address`, or None."""
    found = find_receipt(connection, receipt) if is_receipt(receipt) else None
    if found is None:
        return None
    record, signature = found
    newest = newest_of_chain(connection, record.chain)
    latest = newest is not None and newest.receipt == record.receipt
    return receipt_document(record, signature, site_of_receipt(connection, record).name, address, latest)


def _append(connection: Connection, site: Site, request: ConsentRequest) -> tuple[ConsentReceipt, str]:
    if repeat := find_repeat(connection, site, request):
        if repeat[0].categories != request.categories or repeat[0].previous != request.previous:
            raise ApiError("id_conflict")
        return repeat
    _check_revision(connection, site, request)
    receipt = secrets.token_urlsafe(RECEIPT_BYTES)
    record = ConsentReceipt(
        receipt=receipt,
        chain=_chain_of(connection, site, request) or receipt,
        site=site.key,
        at=now_ms(),
        categories=request.categories,
        services=[tag.service for tag in find_vendor_tags(connection, site.id)],
        source=request.source,
        revision=request.revision,
        language=request.language,
        text=request.text,
        previous=request.previous,
    )
    signature = ReceiptKey(secret_of(connection, RECEIPT_KEY)).sign(canonical(record))
    add_receipt(connection, site, record, request.id, signature)
    delete_tasks(connection, _withdrawn(record), about=record.chain)
    return record, signature


def _check_revision(connection: Connection, site: Site, request: ConsentRequest) -> None:
    current = consent_revision(connection, site.id)
    # A withdrawal is accepted with an older revision: a visitor need not read the new text to refuse.
    if request.revision != current and (grants_any(request.categories) or not 0 < request.revision < current):
        raise ApiError(
            "outdated_revision", f"The consent revision of this site is {current}. Reload the page and ask again."
        )


def _chain_of(connection: Connection, site: Site, request: ConsentRequest) -> str | None:
    if request.previous is None:
        return None
    found = find_receipt(connection, request.previous)
    if found is None or found[0].site != site.key:
        raise ApiError("not_found", "This site has no such previous receipt. Start again without one.")
    return found[0].chain


def _withdrawn(record: ConsentReceipt) -> frozenset[TaskKind]:
    """Return the services that this receipt does not permit, as kinds of tasks."""
    return frozenset(kind for kind in EVENT_KINDS if not getattr(record.categories, CATEGORY_OF[kind]))
