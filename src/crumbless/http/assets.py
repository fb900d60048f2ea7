"""The built browser code, which is read once at the start and served from memory."""

import gzip
import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import get_args

from crumbless.core.errors import SettingsError
from crumbless.device_storage.storage_registry import Service

WEB_DIST = Path(__file__).parent.parent / "web_dist"

_TYPES = {".js": "text/javascript", ".css": "text/css"}


@dataclass(frozen=True)
class Asset:
    """A file's bytes, its media type and its ETag."""

    plain: bytes
    media_type: str
    etag: str

    @cached_property
    def packed(self) -> bytes:
        """Return the compressed bytes."""
        # At the first request, because compressing all files takes 0.1 s of a start.
        # mtime 0, so that the compressed bytes are identical for all visitors and on all nodes.
        return gzip.compress(self.plain, 9, mtime=0)


def make_asset(plain: bytes, media_type: str) -> Asset:
    """Return the asset for these bytes."""
    etag = f'"{hashlib.sha256(plain).hexdigest()[:20]}"'
    return Asset(plain, media_type, etag)


class Assets:
    """The files of web_dist, by the names in its manifest.

    Raises:
        SettingsError: if the browser code is not built.
    """

    def __init__(self, folder: Path = WEB_DIST) -> None:
        try:
            manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        except OSError:
            raise SettingsError("the browser code is not built: run bin/demo, bin/build or npm run build") from None
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
        # A separate style sheet would need a request, and permission in the customer's CSP.
        self.consent = (folder / "consent.js").read_text(encoding="utf-8").replace("__CRUMBLESS_CONSENT_STYLE__", style)

    def find(self, path: str) -> Asset | None:
        """Return the asset at a path such as /assets/frame-abc.js, or None."""
        return self._files.get(path)

    def script(self, page: str) -> str:
        """Return the path of a page's script."""
        return f"/{self._names[page]['script']}"

    def imports(self, page: str) -> list[str]:
        """Return the paths of the modules that a page's script needs to start."""
        return [f"/{path}" for kind, path in self._names[page].items() if kind.startswith("import")]

    def texts(self, page: str, language: str) -> str:
        """Return the path of a page's texts in one of its languages."""
        return self.script(f"{page}.{page}_texts_{language}")

    def scripts(self, page: str) -> list[str]:
        """Return the paths of a page's script and of the modules that it loads later."""
        parts = [name for name in self._names if name == page or name.startswith(f"{page}.")]
        return [self.script(name) for name in parts]

    def style(self, page: str) -> str | None:
        """Return the path of a page's style sheet, or None."""
        name = self._names[page].get("style")
        return name and f"/{name}"
