"""Adds vendor tags to a site and removes them, from the command line."""

import re

from sqlalchemy import Connection

from crumbless.consent.tag_store import VendorTag, consent_revision, drop_vendor_tag, set_vendor_tag
from crumbless.core.errors import ApiError
from crumbless.device_storage.storage_registry import Service
from crumbless.sites.site_store import Site, find_site
from crumbless.tasks.task_store import delete_tasks

# The server inserts identifiers into addresses and scripts.
_IDENTIFIERS: dict[Service, tuple[re.Pattern[str], str]] = {
    "ga4": (re.compile(r"G-[A-Z0-9]{4,20}"), "A measurement ID looks like G-ABC123DEF4."),
    "tiktok": (re.compile(r"[A-Z0-9]{8,32}"), "A pixel code has 8 to 32 capital letters and digits."),
}
_is_secret = re.compile(r"[\x21-\x7e]{4,512}").fullmatch


def find_site_of(connection: Connection, key: str) -> Site:
    """Return the site with this key. Raises ApiError `not_found`."""
    site = find_site(connection, key)
    if site is None:
        raise ApiError("not_found", f"There is no site with the key {key}.")
    return site


def use_vendor_tag(connection: Connection, key: str, tag: VendorTag) -> int:
    """Use the tag on the site and return the new consent revision.

    Raises:
        ApiError: `not_found` for the site; `invalid` if the identifier is invalid, a relay has no secret, or a tag in
            the browser has one.
    """
    site = find_site_of(connection, key)
    pattern, message = _IDENTIFIERS[tag.service]
    if not pattern.fullmatch(tag.identifier):
        raise ApiError("invalid", message)
    if tag.mode == "relay" and not _is_secret(tag.secret):
        raise ApiError("invalid", "A relay needs the vendor's secret. Pass it with --secret-stdin.")
    if tag.mode == "browser" and tag.secret:
        raise ApiError("invalid", "A vendor script in the browser needs no secret. Omit --secret-stdin.")
    set_vendor_tag(connection, site, tag)
    if tag.mode == "browser":
        delete_tasks(connection, [tag.service], destination=str(site.id))
    return consent_revision(connection, site.id)


def remove_vendor_tag(connection: Connection, key: str, service: Service) -> None:
    """Remove the service's tag and its relay's queued events. Raises ApiError `not_found`."""
    site = find_site_of(connection, key)
    drop_vendor_tag(connection, site, service)
    delete_tasks(connection, [service], destination=str(site.id))
