"""A sample shop as a customer would run it: another origin, a strict Content-Security-Policy, the embed line."""

from pathlib import Path

from litestar.types import Receive, Scope, Send

from crumbless.demo.seed import SITE_KEY, SITE_NAME

FOLDER = Path(__file__).parent / "pages"

_TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}


class Shop:
    """ASGI: a few pages from memory.

    Args:
        platform: the address of Crumbless; the only foreign origin that the shop's policy allows.
    """

    def __init__(self, platform: str) -> None:
        self._policy = (
            f"default-src 'none'; script-src {platform}; frame-src {platform}; style-src 'self'; img-src 'self'; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
            "require-trusted-types-for 'script'; trusted-types 'none'"
        ).encode()
        embed = f'<script async src="{platform}/w/{SITE_KEY}.js"></script>'
        self._pages = {
            _path_of(path): (_TYPES[path.suffix].encode(), _read(path, embed)) for path in sorted(FOLDER.iterdir())
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


def _read(path: Path, embed: str) -> bytes:
    if path.suffix != ".html":
        return path.read_bytes()
    return path.read_text(encoding="utf-8").replace("{embed}", embed).replace("{name}", SITE_NAME).encode()
