"""Detects a file's type by its first bytes, never by its name or its declared type."""

from typing import Literal

ImageFormat = Literal["JPEG", "PNG", "WEBP", "GIF"]

_PICTURES: tuple[tuple[bytes, ImageFormat], ...] = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
)


def image_format(content: bytes) -> ImageFormat | None:
    """Return the picture format by its first bytes, or None for other files."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "WEBP"
    return next((kind for magic, kind in _PICTURES if content.startswith(magic)), None)
