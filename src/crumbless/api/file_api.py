"""Photos of operators, sent by themselves and shown to anyone who knows the path."""

import re

import msgspec
from litestar import Response

from crumbless.actions.photo_keep import keep_photo, remove_photo
from crumbless.api.look_up import look_up
from crumbless.api.request_read import (
    AnyRequest,
    client_network,
    platform_of,
    read_body,
    read_operator,
    take_token,
)
from crumbless.domain.photo import MAX_BYTES, SIZES, names_of
from crumbless.domain.wire_task import PhotoAnswer
from crumbless.errors import Refused
from crumbless.ids import is_id
from crumbless.store.file_store import find_file

_NAMES = {f"{size}.webp": number for number, size in enumerate(SIZES)}
_is_picture = re.compile(r"image/(?:jpeg|png|webp|gif)", re.ASCII | re.IGNORECASE).fullmatch

HEADERS = {
    # The name is random and its content never changes.
    "cache-control": "public, max-age=31536000, immutable",
    # Whatever it is taken for, wherever it is opened: it runs nothing and loads nothing.
    "content-security-policy": "sandbox; default-src 'none'",
    "cross-origin-resource-policy": "same-origin",
}


async def post_photo(request: AnyRequest) -> Response[bytes]:
    """POST /v1/desk/me/photo."""
    # Who it is comes first: nobody else's megabytes are read.
    session = await read_operator(request)
    platform = platform_of(request)
    take_token(platform.limits.uploads, session.subject)
    if not _is_picture(request.headers.get("content-type", "").partition(";")[0].strip()):
        raise Refused("unsupported_media_type", "Send a picture: JPEG, PNG, WebP or GIF.")
    content = await read_body(request, MAX_BYTES)
    return _json(PhotoAnswer(await keep_photo(session, content, platform.pictures, platform.files, platform.ledger)))


async def post_photo_remove(request: AnyRequest) -> Response[bytes]:
    """POST /v1/desk/me/photo/remove."""
    session = await read_operator(request)
    await remove_photo(session, platform_of(request).ledger)
    return _json(PhotoAnswer(""))


async def get_file(request: AnyRequest) -> Response[bytes]:
    """GET /files/ID/NAME."""
    file_id: str = request.path_params["file"]
    number = _NAMES.get(request.path_params["name"])
    if number is None or not is_id(file_id):
        raise Refused("not_found")
    platform = platform_of(request)
    kept = await look_up(
        platform.limits.unknown_names,
        client_network(request),
        lambda: platform.reader.read(lambda connection: find_file(connection, file_id)),
    )
    content = kept and await platform.files.get(names_of(file_id)[number])
    if not kept or content is None:
        raise Refused("not_found")
    return Response(content, status_code=200, media_type=kept.media_type, headers=HEADERS)


def _json(answer: PhotoAnswer) -> Response[bytes]:
    return Response(msgspec.json.encode(answer), status_code=200, media_type="application/json")
