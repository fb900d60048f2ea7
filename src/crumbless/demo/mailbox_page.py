"""The demo's mailbox: shows what would have been sent, with links that work. Served by the demo alone."""

import datetime
import re
import secrets
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Response
from markupsafe import Markup, escape

from crumbless.http.call import PublicCall
from crumbless.http.route import PUBLIC, Route
from crumbless.mail.mail_memory import MemoryMail, StoredMail

PATH = "/demo/mailbox"


def mailbox_route(box: MemoryMail, address: str) -> Route:
    """The page as a route.

    Args:
        address: the server's own; only what leads there becomes a link.
    """
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined
    )
    page = environment.get_template("mailbox.html.jinja")

    async def get_mailbox(_call: PublicCall) -> Response[str]:
        """Return the page."""
        nonce = secrets.token_urlsafe(16)
        mails = [_shown(one, address) for one in box.newest_first()]
        policy = (
            f"default-src 'none'; style-src 'nonce-{nonce}'; img-src 'self'; base-uri 'none'; form-action 'none'; "
            "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
        )
        return Response(
            page.render(nonce=nonce, mails=mails),
            media_type="text/html",
            headers={"cache-control": "no-store", "content-security-policy": policy},
        )

    return Route("GET", PATH, get_mailbox, PUBLIC, gives=("text/html",))


def _shown(one: StoredMail, address: str) -> dict[str, str | Markup]:
    at = datetime.datetime.fromtimestamp(one.at / 1000, datetime.UTC)
    return {
        "subject": one.mail.subject,
        "to": one.mail.to,
        "at": f"{at:%Y-%m-%d %H:%M:%S} UTC",
        "text": _with_links(one.mail.text.strip(), address),
    }


def _with_links(text: str, address: str) -> Markup:
    """The text, escaped; addresses of this server are links."""
    shown = Markup()
    for number, part in enumerate(re.split(rf"({re.escape(address)}/\S*)", text)):
        shown += Markup('<a href="{0}">{0}</a>').format(part) if number % 2 else escape(part)
    return shown
