"""Operators' photos: squares of two sizes, stored and served under unguessable names."""

SIZES = (256, 64)
"""Side lengths in pixels."""

MAX_BYTES = 5 * 1024 * 1024
"""Maximum size of an upload."""

MEDIA_TYPE = "image/webp"


def photo_path(file_id: str | None) -> str:
    """Return the path of the photo, or an empty text. The smaller one has the same path with 64.webp."""
    return f"/files/{file_id}/{SIZES[0]}.webp" if file_id else ""


def names_of(file_id: str) -> list[str]:
    """Return the names of a photo's files, in the order of SIZES."""
    return [f"photos/{file_id}/{size}.webp" for size in SIZES]
