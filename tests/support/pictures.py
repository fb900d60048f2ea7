"""Pictures, good and bad, made when they are needed."""

import io
import struct
import zlib
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

SECRETS = (b"Secret place 52.5N", b"Secret camera", b"<x:xmpmeta>Secret", b"Secret comment", b"Secret profile")
"""Text that must not be in any picture that the server serves."""


def picture(kind: str, size: tuple[int, int] = (400, 300), mode: str = "RGB", **options: Any) -> bytes:
    """A picture: red above, blue below."""
    made = Image.new(mode, size, "red" if mode == "RGB" else 0)
    if mode == "RGB":
        made.paste("blue", (0, size[1] // 2, *size))
    written = io.BytesIO()
    made.save(written, kind, **options)
    return written.getvalue()


def talkative(kind: str) -> bytes:
    """Return a picture with identifying metadata of every kind."""
    exif = Image.Exif()
    exif[0x010E], exif[0x0110] = SECRETS[0].decode(), SECRETS[1].decode()
    options: dict[str, Any] = {"icc_profile": SECRETS[4] * 10}
    if kind in {"JPEG", "PNG", "WEBP"}:
        options["exif"] = exif
    if kind in {"JPEG", "WEBP"}:
        options["xmp"] = SECRETS[2]
    if kind in {"JPEG", "GIF"}:
        options["comment"] = SECRETS[3]
    if kind == "PNG":
        options["pnginfo"] = PngInfo()
        options["pnginfo"].add_text("Comment", SECRETS[3].decode())
        options["pnginfo"].add_itxt("XML:com.adobe.xmp", SECRETS[2].decode())
    return picture(kind, **options)


def bomb(width: int, height: int) -> bytes:
    """A PNG of few bytes and very many pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    packer = zlib.compressobj(9)
    row = bytes(1 + (width + 7) // 8)
    data = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def frame_bomb(frames: int) -> bytes:
    """A GIF of very many frames."""
    one = picture("GIF", (1000, 1000), "P")
    body = one[one.index(b"\x2c") : -1]
    return one[: one.index(b"\x2c")] + body * frames + b"\x3b"
