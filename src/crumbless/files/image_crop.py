"""A separate process that reads one picture from standard input and re-encodes it, square and small.

It is started as a file, not as a part of the package: it only imports the standard library and Pillow. An attack on
the decoder is confined to this process, which has little memory, little time and no secrets.

Usage: image_crop.py FORMAT SIZE... Exit code 0: for each size, four bytes of length and a WebP. 3: too many pixels.
4: the picture cannot be read.
"""

import io
import resource
import sys

MEMORY_BYTES = 1 << 30
CPU_SECONDS = 8
MAX_PIXELS = 40_000_000

TOO_MANY_PIXELS, UNREADABLE = 3, 4


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # The process writes no files.
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _cut(content: bytes, kind: str, sizes: list[int]) -> list[bytes]:
    from PIL import Image, ImageOps  # noqa: PLC0415 - after the limits

    Image.MAX_IMAGE_PIXELS = None  # Ours is checked right below, before anything is decoded.
    with Image.open(io.BytesIO(content), formats=[kind]) as picture:
        width, height = picture.size
        if width * height > MAX_PIXELS or width < 1 or height < 1:
            sys.exit(TOO_MANY_PIXELS)
        largest = max(sizes)
        # A JPEG can be decoded at a fraction of its size.
        picture.draft("RGB", (largest * 2, largest * 2))
        # Only the first frame, however many there are.
        picture.seek(0)
        side = min(picture.size)
        left, top = (picture.width - side) // 2, (picture.height - side) // 2
        # Cropped before it is rotated: the square's centre is the same in each orientation.
        square = ImageOps.exif_transpose(picture.crop((left, top, left + side, top + side)))
        square = square.convert("RGBA")
    made: list[bytes] = []
    for size in sizes:
        # Into a new picture, which contains only pixels: no EXIF, XMP, profile or comment.
        fresh = Image.new("RGBA", (size, size))
        fresh.paste(square.resize((size, size), Image.Resampling.LANCZOS))  # pyright: ignore[reportUnknownMemberType]
        written = io.BytesIO()
        fresh.save(written, "WEBP", quality=82, method=4)
        made.append(written.getvalue())
    return made


def _main() -> None:
    _limit()
    try:
        pictures = _cut(sys.stdin.buffer.read(), sys.argv[1], [int(size) for size in sys.argv[2:]])
    except Exception:
        # The error is not passed on: it describes the picture, and does not help the operator.
        sys.exit(UNREADABLE)
    for one in pictures:
        sys.stdout.buffer.write(len(one).to_bytes(4, "big") + one)


if __name__ == "__main__":
    _main()
