"""Sites with tags, and the choices of their visitors."""

import uuid
from typing import Any

import httpx
from sqlalchemy import Connection

from crumbless.consent.tag_store import TagMode, VendorTag, consent_revision, drop_vendor_tag, set_vendor_tag
from crumbless.database.database import write_once
from crumbless.device_storage.storage_registry import Service
from crumbless.sites.site_store import find_site
from support.people import TEA, Shop, World
from support.server import ServerProcess

IDENTIFIERS: dict[Service, str] = {"ga4": "G-TEA123", "tiktok": "CPIXELTEA"}
SECRETS: dict[Service, str] = {"ga4": "google-secret", "tiktok": "tiktok-secret"}


def use_tags(server: ServerProcess, *services: Service, mode: TagMode = "relay", shop: Shop = TEA) -> int:
    """Put these tags on the site; the revision that consents must name from then on."""

    def put_on(connection: Connection) -> int:
        site = find_site(connection, shop.key)
        assert site is not None
        for service in services:
            set_vendor_tag(connection, site, VendorTag(service, mode, IDENTIFIERS[service], SECRETS[service]))
        return consent_revision(connection, site.id)

    return write_once(server.database_url, put_on)


def take_off(server: ServerProcess, service: Service, shop: Shop = TEA) -> None:
    """Use no tag of this service any more."""

    def drop(connection: Connection) -> None:
        site = find_site(connection, shop.key)
        assert site is not None
        drop_vendor_tag(connection, site, service)

    write_once(server.database_url, drop)


def choice(revision: int, analytics: int = 1, marketing: int = 1, shop: Shop = TEA, **more: Any) -> dict[str, Any]:
    """The body of a consent record."""
    return {
        "site": shop.key,
        "categories": {"analytics": analytics, "marketing": marketing},
        "source": "banner",
        "revision": revision,
        "language": "en",
        "text": "0123456789abcdef",
        **more,
    }


async def choose(world: World, body: dict[str, Any], shop: Shop = TEA, **headers: str) -> httpx.Response:
    """The answer to a choice made on a page of the shop."""
    return await world.http.post(
        f"{world.server.address}/v1/consent", json=body, headers={"origin": shop.origin, **headers}
    )


async def consented(world: World, revision: int, **changed: Any) -> str:
    """A receipt of a new grant."""
    answer = await choose(world, choice(revision, **changed))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["receipt"])


def request_id() -> str:
    """A client's id for a choice."""
    return str(uuid.uuid4())
