"""An operator's photo is uploaded, re-encoded, served to every client that knows its path, replaced and removed."""

import io
from typing import Any

import httpx
import pytest
from PIL import Image

from support.client import Person, ask
from support.people import OLGA, World
from support.pictures import SECRETS, bomb, picture, talkative
from support.server import ServerProcess

PHOTO = "/v1/desk/me/photo"


async def send(world: World, person: Person, content: bytes, media_type: str = "image/jpeg") -> httpx.Response:
    return await ask(world.http, person, "POST", PHOTO, content=content, content_type=media_type)


async def shown(world: World, path: str) -> httpx.Response:
    return await world.http.get(world.server.address + path)


async def test_photo_is_reencoded_and_public(world: World) -> None:
    olga = await world.operator(OLGA)
    answer = await send(world, olga, talkative("JPEG"))
    assert answer.status_code == 200, answer.text
    path = answer.json()["photo"]
    assert (await ask(world.http, olga, "GET", "/v1/desk/me")).json()["photo"] == path
    for name, size in ((path, 256), (path.replace("256", "64"), 64)):
        found = await shown(world, name)
        assert found.status_code == 200
        assert Image.open(io.BytesIO(found.content)).size == (size, size)
        assert [secret for secret in SECRETS if secret in found.content] == []
        headers = found.headers
        assert headers["content-type"] == "image/webp"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"] == "sandbox; default-src 'none'"
        assert headers["cache-control"] == "public, max-age=31536000, immutable"
        assert "set-cookie" not in headers


async def test_replaced_or_removed_photo_is_deleted_from_the_storage(world: World) -> None:
    olga = await world.operator(OLGA)
    first = (await send(world, olga, picture("PNG"), "image/png")).json()["photo"]
    second = (await send(world, olga, picture("GIF"), "image/gif")).json()["photo"]
    assert first != second
    assert (await shown(world, first)).status_code == 404
    assert (await shown(world, second)).status_code == 200
    answer = await ask(world.http, olga, "POST", f"{PHOTO}/remove", {})
    assert answer.json() == {"photo": ""}
    assert (await shown(world, second)).status_code == 404
    assert (await ask(world.http, olga, "GET", "/v1/desk/me")).json().get("photo", "") == ""
    folder = world.server.database.parent / "files" / "photos"

    async def is_deleted() -> bool:
        stored = {path.parent.name for path in folder.rglob("*.webp")}
        return not stored & {path.split("/")[2] for path in (first, second)}

    await world.eventually(is_deleted)


BAD: list[tuple[str, bytes, str, int, str]] = [
    ("html", b"<!doctype html><script>alert(1)</script>", "image/png", 415, "unsupported_media_type"),
    ("svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "image/png", 415, "unsupported_media_type"),
    ("svg by its type", b"<svg/>", "image/svg+xml", 415, "unsupported_media_type"),
    ("bmp", picture("BMP"), "image/png", 415, "unsupported_media_type"),
    ("no picture's type", picture("PNG"), "application/octet-stream", 415, "unsupported_media_type"),
    ("cut off", picture("JPEG")[:400], "image/jpeg", 422, "bad_picture"),
    ("a bomb", bomb(20_000, 20_000), "image/png", 413, "too_large"),
    ("too many bytes", picture("PNG") + bytes(5 * 1024 * 1024), "image/png", 413, "too_large"),
    ("nothing", b"", "image/png", 415, "unsupported_media_type"),
]


@pytest.mark.parametrize(("content", "media_type", "status", "code"), [one[1:] for one in BAD], ids=[o[0] for o in BAD])
async def test_threat_35_and_37_invalid_or_unsafe_picture_is_refused(
    world: World, content: bytes, media_type: str, status: int, code: str
) -> None:
    olga = await world.operator(OLGA)
    answer = await send(world, olga, content, media_type)
    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:crumbless:problem:{code}")


async def test_threat_35_picture_that_is_also_a_page_is_reencoded_as_a_picture(world: World) -> None:
    olga = await world.operator(OLGA)
    page = b"<script>alert('polyglot')</script>"
    both = picture("GIF", comment=page) + page
    path = (await send(world, olga, both, "image/gif")).json()["photo"]
    found = await shown(world, path)
    assert b"polyglot" not in found.content
    assert found.headers["content-type"] == "image/webp"


async def test_megabytes_of_visitors_and_unauthenticated_callers_are_refused(world: World) -> None:
    vera = await world.visitor()
    for person, status in ((vera, 403), (world.stranger(), 401)):
        assert (await send(world, person, bytes(4_000_000), "image/png")).status_code == status


NAMES = (
    "../crumbless.db",
    "..%2f..%2fcrumbless.db",
    "%2e%2e/256.webp",
    "256.webp%00.html",
    "256.webp%0d%0aset-cookie:a=b",
    "gpj.%e2%80%ae.webp",
    "257.webp",
    "256.WEBP",
    "C:%5c256.webp",
)


async def test_threat_40_other_file_names_are_not_found(world: World) -> None:
    olga = await world.operator(OLGA)
    path = (await send(world, olga, picture("PNG"), "image/png")).json()["photo"]
    assert (await shown(world, path)).status_code == 200
    base = path.rpartition("/")[0]
    asked: list[Any] = [f"{base}/{name}" for name in NAMES]
    asked += [f"/files/{'0' * 8}-0000-4000-8000-{'0' * 12}/256.webp", "/files/../256.webp", "/files/x/256.webp"]
    for one in asked:
        answer = await shown(world, one)
        assert answer.status_code == 404, one
        assert "set-cookie" not in answer.headers


async def test_flood_of_photos_is_limited(start_server: Any, open_world: Any) -> None:
    server: ServerProcess = start_server(uploads_per_hour=1, upload_burst=1)
    there: World = open_world(server)
    olga = await there.new_operator(OLGA)
    assert (await send(there, olga, picture("PNG"), "image/png")).status_code == 200
    answer = await send(there, olga, picture("PNG"), "image/png")
    assert (answer.status_code, answer.json()["type"]) == (429, "urn:crumbless:problem:slow_down")
