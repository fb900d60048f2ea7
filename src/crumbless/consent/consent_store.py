"""Stores and reads consent receipts, and the key that signs them."""

import secrets
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, String, cast, insert, select

from crumbless.consent.consent import ConsentReceipt
from crumbless.consent.consent_wire import Categories, ConsentRequest
from crumbless.consent.tables import consent_receipt, installation_secret
from crumbless.ledger.tables import site
from crumbless.sites.site_store import Site, find_site

RECEIPT_KEY = "receipt_key"


def secret_of(connection: Connection, name: str) -> bytes:
    """Return this installation's secret of this name: 32 random bytes.

    It is generated on first use, so the connection must be able to write.
    """
    found = find_secret(connection, name)
    if found is None:
        found = secrets.token_bytes(32)
        connection.execute(insert(installation_secret).values(name=name, value=found))
    return found


def find_secret(connection: Connection, name: str) -> bytes | None:
    """Return the installation's secret of this name, or None before its first use. For connections that only read."""
    return connection.execute(select(installation_secret.c.value).where(installation_secret.c.name == name)).scalar()


def add_receipt(
    connection: Connection, of: Site, record: ConsentReceipt, request_id: str | None, signature: str
) -> None:
    """Append the receipt to its chain."""
    connection.execute(
        insert(consent_receipt).values(
            workspace_id=of.workspace,
            site_id=of.id,
            receipt=record.receipt,
            receipt_chain=record.chain,
            previous=record.previous,
            request_id=request_id,
            analytics=record.categories.analytics,
            marketing=record.categories.marketing,
            services=record.services,
            source=record.source,
            revision=record.revision,
            language=record.language,
            text_digest=record.text,
            at=record.at,
            signature=signature,
        )
    )


def find_receipt(connection: Connection, receipt: str) -> tuple[ConsentReceipt, str] | None:
    """Return the receipt with this ID, and its signature."""
    return _first(connection, consent_receipt.c.receipt == receipt)


def find_repeat(connection: Connection, of: Site, request: ConsentRequest) -> tuple[ConsentReceipt, str] | None:
    """Return the receipt that an earlier attempt of the same request created."""
    if request.id is None:
        return None
    same = (consent_receipt.c.site_id == of.id) & (consent_receipt.c.request_id == request.id)
    return _first(connection, same)


def newest_of_chain(connection: Connection, chain: str) -> ConsentReceipt | None:
    """Return the receipt that is in force: the last one of the chain."""
    found = _first(connection, consent_receipt.c.receipt_chain == chain)
    return found and found[0]


def receipts_of_site(connection: Connection, of: Site) -> Iterator[tuple[ConsentReceipt, str, bool]]:
    """Yield the site's receipts in order of creation, each with its signature and whether it is its chain's last."""
    newest: dict[str, int] = {}
    in_site = consent_receipt.c.site_id == of.id
    for row in connection.execute(select(consent_receipt.c.receipt_chain, consent_receipt.c.no).where(in_site)):
        newest[row.receipt_chain] = max(row.no, newest.get(row.receipt_chain, 0))
    for row in connection.execute(_records().where(in_site).order_by(consent_receipt.c.no)):
        yield _record(row), row.signature, newest[row.receipt_chain] == row.no


def is_known_origin(connection: Connection, origin: str) -> bool:
    """Return whether any site lists this origin."""
    listed = cast(site.c.origins, String).contains(f'"{origin}"', autoescape=True)
    return connection.execute(select(site.c.id).where(listed).limit(1)).first() is not None


def site_of_receipt(connection: Connection, record: ConsentReceipt) -> Site:
    """Return the site on which the consent was given."""
    found = find_site(connection, record.site)
    if found is None:
        raise LookupError(record.site)
    return found


def _records() -> Any:
    return select(consent_receipt, site.c.key.label("site_key")).join(site, site.c.id == consent_receipt.c.site_id)


def _first(connection: Connection, condition: Any) -> tuple[ConsentReceipt, str] | None:
    row = connection.execute(_records().where(condition).order_by(consent_receipt.c.no.desc()).limit(1)).first()
    return None if row is None else (_record(row), row.signature)


def _record(row: Any) -> ConsentReceipt:
    return ConsentReceipt(
        receipt=row.receipt,
        chain=row.receipt_chain,
        site=row.site_key,
        at=row.at,
        categories=Categories(row.analytics, row.marketing),
        services=row.services,
        source=row.source,
        revision=row.revision,
        language=row.language,
        text=row.text_digest,
        previous=row.previous,
    )
