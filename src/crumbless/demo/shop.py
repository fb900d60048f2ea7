"""A sample shop as a customer would run it: another origin, a strict Content-Security-Policy, the embed line."""

from collections.abc import Sequence
from pathlib import Path

from litestar.types import Receive, Scope, Send

from crumbless.demo.seed import SITE_KEY, SITE_NAME

FOLDER = Path(__file__).parent / "pages"

_TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}


WAITING = "".join(
    f'<script type="text/plain" data-category="{category}" data-service="{service}" '
    f'data-src="{{platform}}/tags/{SITE_KEY}/{service}.js"></script>\n'
    for category, service in (("analytics", "ga4"), ("marketing", "tiktok"))
)
"""The tags' scripts, which wait for the visitor's consent."""


class Shop:
    """ASGI: a few pages from memory.

    Args:
        platform: the address of Crumbless; without tags the only foreign origin that the shop's policy allows.
        vendors: the origins of the tags' makers, when the shop uses their tags.
    """

    def __init__(self, platform: str, vendors: Sequence[str] = ()) -> None:
        others = " ".join([platform, *vendors])
        policies = "crumbless crumbless-ga4 crumbless-tiktok" if vendors else "'none'"
        self._policy = (
            f"default-src 'none'; script-src {others}; connect-src {others}; frame-src {platform}; style-src 'self'; "
            "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
            f"require-trusted-types-for 'script'; trusted-types {policies}"
        ).encode()
        filled = {
            "consent": f'<script async src="{platform}/consent.js?site={SITE_KEY}"></script>',
            "choices": f"{platform}/policy/{SITE_KEY}",
            "embed": (WAITING.format(platform=platform) if vendors else "")
            + f'<script async src="{platform}/w/{SITE_KEY}.js"></script>',
        }
        self._pages = {
            _path_of(path): (_TYPES[path.suffix].encode(), _read(path, filled)) for path in sorted(FOLDER.iterdir())
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a GET."""
        if scope["type"] != "http":
            return
        media_type, body = self._pages.get(scope["path"], (b"text/html; charset=utf-8", b""))
        found = scope["path"] in self._pages
        headers = [
            (b"content-type", media_type),
            (b"content-security-policy", self._policy),
            (b"x-content-type-options", b"nosniff"),
            (b"cache-control", b"no-cache"),
        ]
        await send({"type": "http.response.start", "status": 200 if found else 404, "headers": headers})
        await send({"type": "http.response.body", "body": body or b"<h1>Not found</h1>", "more_body": False})


def _path_of(path: Path) -> str:
    if path.suffix != ".html":
        return f"/{path.name}"
    return "/" if path.stem == "index" else f"/{path.stem}"


def _read(path: Path, filled: dict[str, str]) -> bytes:
    if path.suffix != ".html":
        return path.read_bytes()
    text = path.read_text(encoding="utf-8").replace("{name}", SITE_NAME)
    for place, mark_up in filled.items():
        text = text.replace(f"{{{place}}}", mark_up)
    return text.encode()
