"""Runs the demo: migrates and seeds the database, serves platform and shop, and prints their addresses."""

import json
import os
import socket
import sys
from pathlib import Path

import uvloop
from rich.console import Console

from crumbless.app import open_socket, serve
from crumbless.core.errors import SettingsError
from crumbless.core.logging_setup import configure_logging
from crumbless.core.settings import read_settings
from crumbless.database.schema import migrate
from crumbless.demo.mailbox_page import PATH, mailbox_route
from crumbless.demo.seed import Owner, seed
from crumbless.demo.shop import Shop
from crumbless.mail.mail_memory import MemoryMail

HOST = "127.0.0.1"
SHOP_HOST = "localhost"
"""Another name for the same machine is another origin, and for browsers another site: as with real customers."""

CONTACT = {
    "CRUMBLESS_ORGANISATION": "Kornblume Tea (a sample, not a company)",
    "CRUMBLESS_CONTACT_EMAIL": "privacy@example.org",
    "CRUMBLESS_CONTACT_PHONE": "+44 20 7946 0958",
    "CRUMBLESS_CONTACT_ADDRESS": "1 Example Street, London",
    "CRUMBLESS_COMPANY_NUMBER": "00000000",
}
"""Shown on the policy page unless the environment contains another. The phone number is reserved for fiction."""


def run_demo(folder: Path, port: int, as_json: bool, tags: bool = False) -> None:
    """Serve the demo until SIGINT or SIGTERM.

    Args:
        folder: contains its database and the owner's password.
        port: of the platform. The shop uses the next one, or any free one. 0: any free one for both.
        tags: let the shop use Google Analytics and TikTok Pixel, after consent, with invalid identifiers.
        as_json: print one line of JSON instead of the text.

    Raises:
        SettingsError: if a setting is invalid, the port is in use or the folder cannot be used.
    """
    say = Console(stderr=True, highlight=False).print
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"--data: cannot create the folder {folder}: {error.strerror}") from None
    platform_socket = open_socket(HOST, port)
    shop_socket = _shop_socket(port)
    shop_origin = f"http://{SHOP_HOST}:{shop_socket.getsockname()[1]}"
    settings = read_settings(
        {**CONTACT, **os.environ},
        database_url=f"sqlite:///{folder / 'crumbless.db'}",
        host=HOST,
        port=platform_socket.getsockname()[1],
    )
    # Only warnings and errors, as a server logs them: more lines would bury the addresses below.
    configure_logging(settings.logging.log_format, "warning")
    say("Migrating the database …")
    migrate(settings.database.database_url)
    owner = seed(settings.database.database_url, folder, shop_origin, tags)
    say("Starting …")
    vendors = (
        (settings.relays.ga4_script_url, settings.relays.ga4_url, settings.relays.tiktok_script_url) if tags else ()
    )
    shop = Shop(settings.server.address, vendors)

    box = MemoryMail()

    async def tell() -> None:
        _print(
            f"{shop_origin}/", f"{settings.server.address}/desk/", f"{settings.server.address}{PATH}", owner, as_json
        )

    mailbox = mailbox_route(box, settings.server.address)
    uvloop.run(serve(settings, platform_socket, [(shop, shop_socket)], tell, box, [mailbox]))


def _shop_socket(platform_port: int) -> socket.socket:
    """The port after the platform's where it is free: an address that stays the same keeps a visitor's chat."""
    if platform_port:
        candidate = socket.socket()
        candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            candidate.bind((HOST, platform_port + 1))
        except (OSError, OverflowError):
            candidate.close()
        else:
            return candidate
    return open_socket(HOST, 0)


def _print(shop: str, desk: str, mailbox: str, owner: Owner, as_json: bool) -> None:
    if as_json:
        told = {"shop": shop, "desk": desk, "mailbox": mailbox, "email": owner.email, "password": owner.password}
        line = json.dumps(told)
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
        return
    Console(highlight=False).print(
        f"\n[bold]Crumbless is running.[/bold]\n\n"
        f"  Shop with the chat   [link={shop}]{shop}[/link]\n"
        f"  Desk                 [link={desk}]{desk}[/link]\n"
        f"  Mailbox              [link={mailbox}]{mailbox}[/link]\n"
        f"  Email                {owner.email}\n"
        f"  Password             {owner.password}\n\n"
        "Open the shop in one window and the desk in another. Ctrl-C stops the demo.\n"
    )
