"""Measures the download size of the built files: gzip at level 9, as a server stores them."""

import gzip
from pathlib import Path

import msgspec

_DIST = Path(__file__).parent.parent / "src" / "crumbless" / "web_dist"


def read_sizes() -> dict[str, int]:
    """Bytes of loader, frame and desk, script and style together, gzipped."""
    manifest = msgspec.json.decode((_DIST / "manifest.json").read_bytes(), type=dict[str, dict[str, str]])
    return {name: sum(_gzipped(_DIST / path) for path in files.values()) for name, files in manifest.items()}


def _gzipped(path: Path) -> int:
    return len(gzip.compress(path.read_bytes(), 9, mtime=0))
