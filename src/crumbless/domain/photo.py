"""How photos of operators are kept and served: squares of two sizes, under names that nobody guesses."""

SIZES = (256, 64)
"""Pixels of a side."""

MAX_BYTES = 5 * 1024 * 1024
"""Of what is sent."""

MEDIA_TYPE = "image/webp"


def photo_path(file_id: str | None) -> str:
    """Where the photo is served; empty for none. The smaller one lies beside it as 64.webp."""
    return f"/files/{file_id}/{SIZES[0]}.webp" if file_id else ""


def names_of(file_id: str) -> list[str]:
    """Under which names a photo's pictures are kept, in the order of SIZES."""
    return [f"photos/{file_id}/{size}.webp" for size in SIZES]
