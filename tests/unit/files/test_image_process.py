"""Pictures are re-encoded in a separate process: square, small, without metadata, with limits on decompression."""

import io
import time

import psutil
import pytest
from PIL import Image

from crumbless.files.file_port import ImageRejected
from crumbless.files.file_type import ImageFormat, image_format
from crumbless.files.image_process import ImageProcess
from support.pictures import SECRETS, bomb, frame_bomb, picture, talkative

KINDS: tuple[ImageFormat, ...] = ("JPEG", "PNG", "WEBP", "GIF")


async def cut(content: bytes, kind: ImageFormat | None = None) -> list[bytes]:
    return await ImageProcess().cut(content, kind or image_format(content) or "PNG", (256, 64))


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content)).convert("RGB")


@pytest.mark.parametrize("kind", KINDS)
async def test_middle_is_cropped_to_a_square_in_both_sizes(kind: ImageFormat) -> None:
    large, small = await cut(picture(kind))
    assert [opened(one).size for one in (large, small)] == [(256, 256), (64, 64)]
    red, blue = opened(large).getpixel((128, 30)), opened(large).getpixel((128, 220))
    assert isinstance(red, tuple)
    assert isinstance(blue, tuple)
    assert red[0] - red[2] > 150
    assert blue[2] - blue[0] > 150


async def test_picture_is_rotated_by_its_exif_orientation() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # The top of the displayed picture is the right side of the stored one.
    made = opened((await cut(picture("JPEG", exif=exif)))[0])
    left, right = made.getpixel((30, 128)), made.getpixel((220, 128))
    assert isinstance(left, tuple)
    assert isinstance(right, tuple)
    assert (left[2] > 200, right[0] > 200) == (True, True)


@pytest.mark.parametrize("kind", KINDS)
async def test_threat_38_metadata_is_removed(kind: ImageFormat) -> None:
    content = talkative(kind)
    assert any(secret in content for secret in SECRETS), "premise: the picture has metadata"
    for made in await cut(content):
        assert [secret for secret in (*SECRETS, b"Secret", b"EXIF", b"XMP", b"ICCP") if secret in made] == []


@pytest.mark.parametrize("content", [bomb(20_000, 20_000), bomb(7_000, 7_000)], ids=["400 MP", "49 MP"])
async def test_threat_37_picture_with_too_many_pixels_is_never_decoded(content: bytes) -> None:
    assert len(content) < 100_000
    before, began = psutil.Process().memory_info().rss, time.process_time()
    with pytest.raises(ImageRejected) as caught:
        await cut(content)
    assert caught.value.reason == "too_many_pixels"
    assert psutil.Process().memory_info().rss - before < 100_000_000
    assert time.process_time() - began < 1


async def test_threat_37_only_the_first_of_many_frames_is_decoded() -> None:
    content = frame_bomb(3_000)
    before = psutil.Process().memory_info().rss
    assert len(await cut(content)) == 2
    assert psutil.Process().memory_info().rss - before < 100_000_000


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x89PNG\r\n\x1a\n",
        picture("JPEG")[:500],
        b"\xff\xd8\xff" + b"\0" * 10_000,
        b"GIF89a" + b"\xff" * 10_000,
        b"RIFF\0\0\0\0WEBPVP8 " + b"\xff" * 1_000,
    ],
    ids=["nothing", "only a head", "cut off", "zeros", "ones", "no webp"],
)
async def test_unreadable_picture_is_refused(content: bytes) -> None:
    with pytest.raises(ImageRejected) as caught:
        await cut(content)
    assert caught.value.reason == "unreadable"


async def test_threat_35_only_the_format_of_the_bytes_is_decoded() -> None:
    # Premise: it can be read in its own format. Another decoder does not open it.
    await cut(picture("PNG"), "PNG")
    for other in (picture("BMP"), picture("TIFF"), picture("PPM"), picture("PNG")):
        with pytest.raises(ImageRejected):
            await cut(other, "JPEG")
