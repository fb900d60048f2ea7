"""The address for reports of vulnerabilities: /.well-known/security.txt (RFC 9116)."""

from datetime import UTC, datetime

from litestar import Response

from crumbless.core.errors import ApiError
from crumbless.core.ids import now_ms
from crumbless.core.time_units import DAY_MS, DAY_SECONDS
from crumbless.http.call import PublicCall

VALID_DAYS = 90
"""The file expires this long after it is served, so it stays valid while the server runs. RFC 9116: under a year."""


async def get_security_txt(call: PublicCall) -> Response[str]:
    """Return the operator's contact for reports of vulnerabilities. Raises ApiError `not_found` if none is set."""
    contact = call.platform.settings.company.security_contact
    if not contact:
        raise ApiError("not_found", "This server has no contact for reports of vulnerabilities.")
    return Response(
        render_security_txt(contact, call.address, now_ms()),
        media_type="text/plain",
        headers={"cache-control": f"public, max-age={DAY_SECONDS}"},
    )


def render_security_txt(contact: str, address: str, now: int) -> str:
    """Return the file's text.

    Args:
        contact: an email address, or the https address of a page.
        address: the server's public address.
        now: the time in milliseconds.
    """
    # The same for a whole day.
    expires = (now // DAY_MS + VALID_DAYS) * DAY_MS
    fields = {
        "Contact": contact if contact.startswith("https://") else f"mailto:{contact}",
        "Expires": datetime.fromtimestamp(expires / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "Canonical": f"{address}/.well-known/security.txt",
    }
    return "".join(f"{name}: {value}\n" for name, value in fields.items())
