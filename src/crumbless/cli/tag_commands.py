"""Commands for a site's vendor scripts, consents and counters."""

import asyncio
import sys
from collections.abc import Sequence
from typing import Annotated

import msgspec
import typer
from sqlalchemy import Connection

from crumbless.cli.ready_settings import read_ready_settings
from crumbless.consent.consent import CATEGORY_OF, receipt_document
from crumbless.consent.consent_store import receipts_of_site
from crumbless.consent.counter_read import COUNTED, day_counters
from crumbless.consent.relay_ga4 import Ga4Relay
from crumbless.consent.relay_port import RelayAccount, RelayFailed, RelayPort
from crumbless.consent.relay_tiktok import TiktokRelay
from crumbless.consent.tag_change import find_site_of, remove_vendor_tag, use_vendor_tag
from crumbless.consent.tag_store import TagMode, VendorTag, consent_revision, find_vendor_tags
from crumbless.core.errors import ApiError
from crumbless.core.settings import Settings
from crumbless.database.database import write_once
from crumbless.device_storage.storage_registry import Service

app = typer.Typer()
tag_app = typer.Typer(
    help="Set, test and remove Google Analytics and TikTok on a site, after consent.", no_args_is_help=True
)
consent_app = typer.Typer(help="Export the visitors' consent receipts.", no_args_is_help=True)
app.add_typer(tag_app, name="tag")
app.add_typer(consent_app, name="consent")

SiteKey = Annotated[str, typer.Argument(help="The site's key.", metavar="SITE")]
ServiceName = Annotated[Service, typer.Argument(help="The vendor's service.", metavar="ga4|tiktok")]


@tag_app.command("set")
def tag_set(
    site: SiteKey,
    service: ServiceName,
    mode: Annotated[
        TagMode, typer.Option(help="browser: the vendor's script in the page. relay: events sent by the server.")
    ],
    identifier: Annotated[str, typer.Option("--id", help="Measurement ID (ga4) or pixel code (tiktok).")],
    secret_stdin: Annotated[
        bool, typer.Option("--secret-stdin", help="Read the API secret or access token from standard input.")
    ] = False,
) -> None:
    """Use a vendor script on the site. It replaces the site's script of the same service."""
    settings = read_ready_settings()
    secret = sys.stdin.readline().strip() if secret_stdin else ""
    tag = VendorTag(service, mode, identifier, secret)
    revision = write_once(settings.database.database_url, lambda connection: use_vendor_tag(connection, site, tag))
    typer.echo(f"{site} uses {service} ({mode}); its consent revision is {revision}.")
    if mode == "browser":
        typer.echo(f"Put this into the site's pages, after consent.js:\n{_snippet(settings, site, service)}")
    else:
        typer.echo(f"Try it with: crumbless tag test {site} {service}")


def _snippet(settings: Settings, site: str, service: Service) -> str:
    address = f"{settings.server.address}/tags/{site}/{service}.js"
    category = CATEGORY_OF[service]
    return (
        f'<script type="text/plain" data-category="{category}" data-service="{service}" data-src="{address}"></script>'
    )


@tag_app.command("drop")
def tag_drop(site: SiteKey, service: ServiceName) -> None:
    """Remove the service from the site. Queued events of a relay are deleted."""
    write_once(
        read_ready_settings().database.database_url, lambda connection: remove_vendor_tag(connection, site, service)
    )
    typer.echo(f"{site} no longer uses {service}.")


@tag_app.command("list")
def tag_list(site: SiteKey) -> None:
    """List the vendor scripts of a site, without secrets."""

    def read(connection: Connection) -> tuple[Sequence[VendorTag], int]:
        found = find_site_of(connection, site)
        return find_vendor_tags(connection, found.id), consent_revision(connection, found.id)

    settings = read_ready_settings()
    tags, revision = write_once(settings.database.database_url, read)
    typer.echo(f"Consent revision {revision}" + ("" if tags else ", no vendor scripts"))
    for tag in tags:
        typer.echo(f"{tag.service}  {tag.mode}  {tag.identifier}")
        if tag.mode == "browser":
            typer.echo(_snippet(settings, site, tag.service))


@tag_app.command("test")
def tag_test(
    site: SiteKey,
    service: ServiceName,
    test_code: Annotated[str, typer.Option(help="TikTok's test event code, from Events Manager.")] = "",
) -> None:
    """Send a test event to the vendor. Exit code 1 if the vendor rejects it."""
    settings = read_ready_settings()

    def read(connection: Connection) -> RelayAccount:
        found = find_site_of(connection, site)
        tag = next((one for one in find_vendor_tags(connection, found.id) if one.service == service), None)
        if tag is None or tag.mode != "relay":
            raise ApiError("not_found", f"{site} has no relay to {service}.")
        return RelayAccount(tag.identifier, tag.secret, next(iter(found.origins), ""))

    if service == "tiktok" and not test_code:
        raise ApiError("invalid", "Add --test-code. Without it, TikTok counts the sample as a real event.")
    account = write_once(settings.database.database_url, read)
    relay: RelayPort = (
        Ga4Relay(settings.relays.ga4_url) if service == "ga4" else TiktokRelay(settings.relays.tiktok_url)
    )
    problems = asyncio.run(_check(relay, account, test_code))
    for line in problems:
        typer.echo(line)
    typer.echo(f"{service} rejected the test event." if problems else f"{service} accepted the test event.")
    sys.exit(1 if problems else 0)


async def _check(relay: RelayPort, account: RelayAccount, test_code: str) -> list[str]:
    try:
        return await relay.check(account, test_code)
    except RelayFailed as failed:
        return [f"The test event was not sent: {failed}."]
    finally:
        await relay.close()


@consent_app.command("export")
def consent_export(site: Annotated[str, typer.Option(help="The site's key.")]) -> None:
    """Print all consent receipts of the site, one JSON-LD document per line, as in ISO/IEC TS 27560:2023."""
    settings = read_ready_settings()

    def export(connection: Connection) -> None:
        found = find_site_of(connection, site)
        for record, signature, latest in receipts_of_site(connection, found):
            document = receipt_document(record, signature, found.name, settings.server.address, latest)
            typer.echo(msgspec.json.encode(document).decode())

    write_once(settings.database.database_url, export)


@app.command()
def counters(
    site: Annotated[str, typer.Argument(help="The site's key.")],
    days: Annotated[int, typer.Option(min=1, max=3660, help="Number of days, including today.")] = 30,
) -> None:
    """Show a site's counters by day (UTC), without personal data."""

    def read(connection: Connection) -> dict[str, dict[str, int]]:
        found = find_site_of(connection, site)
        return day_counters(connection, found.workspace, found.id, days)

    counted = write_once(read_ready_settings().database.database_url, read)
    names = [*COUNTED, *sorted({name for one in counted.values() for name in one} - {*COUNTED})]
    typer.echo("  ".join(["day       ", *names]))
    for day, found in counted.items():
        typer.echo("  ".join([day, *(str(found.get(name, 0)).rjust(len(name)) for name in names)]))
