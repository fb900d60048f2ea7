"""The type of a file follows from its bytes."""

import pytest

from crumbless.files.file_type import image_format


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "JPEG"),
        (b"\x89PNG\r\n\x1a\n\0", "PNG"),
        (b"GIF87a", "GIF"),
        (b"GIF89a", "GIF"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "WEBP"),
    ],
)
def test_pictures_are_recognised(content: bytes, kind: str) -> None:
    assert image_format(content) == kind


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<!doctype html><script>alert(1)</script>",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<?xml version='1.0'?><svg/>",
        b"%PDF-1.7",
        b"PK\x03\x04",
        b"BM" + bytes(60),
        b"II*\0",
        b"%!PS-Adobe-3.0 EPSF-3.0",
        b"RIFF\x24\0\0\0WAVEfmt ",
        b" GIF89a",
        b"\xff\xd8",
        b"MZ\x90\0",
    ],
)
def test_threat_35_other_files_are_no_picture(content: bytes) -> None:
    assert image_format(content) is None
