"""The vendor scripts of sites."""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, delete, insert, select, update

from crumbless.consent.tables import vendor_tag
from crumbless.core.ids import now_ms
from crumbless.device_storage.storage_registry import Service
from crumbless.ledger.tables import site
from crumbless.sites.site_store import Site

TagMode = Literal["browser", "relay"]
"""browser: the vendor's script runs in the visitor's browser. relay: the server sends events to the vendor."""


@dataclass(frozen=True, slots=True)
class VendorTag:
    """A vendor script of a site. `identifier` is public (a measurement or pixel ID); `secret` never leaves the
    server."""

    service: Service
    mode: TagMode
    identifier: str
    secret: str


def find_vendor_tags(connection: Connection, site_id: int) -> tuple[VendorTag, ...]:
    """Return the site's vendor scripts, by service."""
    rows = connection.execute(select(vendor_tag).where(vendor_tag.c.site_id == site_id).order_by(vendor_tag.c.service))
    return tuple(VendorTag(row.service, row.mode, row.identifier, row.secret) for row in rows)


def set_vendor_tag(connection: Connection, of: Site, tag: VendorTag) -> None:
    """Use this vendor script on the site, in place of another of the same service.

    A new service, or one that changes its mode and so stores other items, increases the site's consent revision.
    Earlier consents did not cover it.
    """
    if not any((one.service, one.mode) == (tag.service, tag.mode) for one in find_vendor_tags(connection, of.id)):
        raised = site.c.consent_revision + 1
        connection.execute(update(site).where(site.c.id == of.id).values(consent_revision=raised))
    drop_vendor_tag(connection, of, tag.service)
    connection.execute(
        insert(vendor_tag).values(
            workspace_id=of.workspace,
            site_id=of.id,
            service=tag.service,
            mode=tag.mode,
            identifier=tag.identifier,
            secret=tag.secret,
            created_at=now_ms(),
        )
    )


def drop_vendor_tag(connection: Connection, of: Site, service: Service) -> None:
    """Remove the vendor script of this service from the site."""
    connection.execute(delete(vendor_tag).where(vendor_tag.c.site_id == of.id, vendor_tag.c.service == service))


def consent_revision(connection: Connection, site_id: int) -> int:
    """Return the site's consent revision. Consents of other revisions are invalid."""
    return connection.execute(select(site.c.consent_revision).where(site.c.id == site_id)).scalar_one()
