"""The built browser code, in memory: read once at the start, served without touching the disk."""

import gzip
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from crumbless.domain.storage_registry import Service
from crumbless.errors import SettingsError

WEB_DIST = Path(__file__).parent.parent / "web_dist"

_TYPES = {".js": "text/javascript", ".css": "text/css"}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file's bytes, plain and compressed, and its type and validator."""

    plain: bytes
    packed: bytes
    media_type: str
    etag: str


def make_asset(plain: bytes, media_type: str) -> Asset:
    """The asset for these bytes."""
    etag = f'"{hashlib.sha256(plain).hexdigest()[:20]}"'
    # mtime 0: equal bytes stay equal bytes, for every visitor and on every node.
    return Asset(plain, gzip.compress(plain, 9, mtime=0), media_type, etag)


class Assets:
    """The files of web_dist, by the names in its manifest.

    Raises:
        SettingsError: when the browser code was not built.
    """

    def __init__(self, folder: Path = WEB_DIST) -> None:
        try:
            manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        except OSError:
            raise SettingsError("the browser code is not built: run bin/demo or bin/build, or npm run build") from None
        self._files = {
            f"/{path.relative_to(folder).as_posix()}": make_asset(path.read_bytes(), _TYPES[path.suffix])
            for path in (folder / "assets").iterdir()
        }
        self._names: dict[str, dict[str, str]] = manifest
        self.tags = {
            service: (folder / f"tag_{service}.js").read_text(encoding="utf-8") for service in get_args(Service)
        }
        self.loader = (folder / "loader.js").read_text(encoding="utf-8")
        style = json.dumps((folder / "consent.css").read_text(encoding="utf-8").strip())
        # A style sheet of its own would need a request, and permission in the customer's policy.
        self.consent = (folder / "consent.js").read_text(encoding="utf-8").replace("__CRUMBLESS_CONSENT_STYLE__", style)

    def find(self, path: str) -> Asset | None:
        """The asset at a path such as /assets/frame-abc.js."""
        return self._files.get(path)

    def script(self, page: str) -> str:
        """The path of a page's script."""
        return f"/{self._names[page]['script']}"

    def imports(self, page: str) -> list[str]:
        """The paths of what a page's script cannot run without."""
        return [f"/{path}" for kind, path in self._names[page].items() if kind.startswith("import")]

    def scripts(self, page: str) -> list[str]:
        """The paths of a page's script and of what it loads later."""
        parts = [name for name in self._names if name == page or name.startswith(f"{page}.")]
        return [self.script(name) for name in parts]

    def style(self, page: str) -> str | None:
        """The path of a page's style sheet, if it has one."""
        name = self._names[page].get("style")
        return name and f"/{name}"
