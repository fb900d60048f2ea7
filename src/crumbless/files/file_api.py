"""Photos of operators, over HTTP. Operators upload their own, and a path is enough to read one."""

import re

from litestar import Response

from crumbless.core.errors import ApiError
from crumbless.core.ids import is_id
from crumbless.files.file_services import FileServices
from crumbless.files.file_store import find_file
from crumbless.files.file_wire import PhotoResponse
from crumbless.files.photo import MAX_BYTES, SIZES, names_of
from crumbless.files.photo_upload import remove_photo, store_photo
from crumbless.http.call import OperatorCall, PublicCall
from crumbless.http.look_up import look_up
from crumbless.http.request import read_body
from crumbless.http.request_limits import RequestLimits

_NAMES = {f"{size}.webp": number for number, size in enumerate(SIZES)}
_is_picture = re.compile(r"image/(?:jpeg|png|webp|gif)", re.ASCII | re.IGNORECASE).fullmatch

HEADERS = {
    # The name is random and its content never changes.
    "cache-control": "public, max-age=31536000, immutable",
    # The file can run and load nothing, even if a browser interprets it as another type.
    "content-security-policy": "sandbox; default-src 'none'",
    "cross-origin-resource-policy": "same-origin",
}


async def post_photo(call: OperatorCall) -> PhotoResponse:
    """Set the operator's photo."""
    # The adapter has checked the caller, so uploads of unauthenticated clients are not read.
    if not _is_picture(call.request.headers.get("content-type", "").partition(";")[0].strip()):
        raise ApiError("unsupported_media_type", "Send a picture: JPEG, PNG, WebP or GIF.")
    content = await read_body(call.request, MAX_BYTES)
    return PhotoResponse(await store_photo(call.services, call.session, content, call.of(FileServices)))


async def post_photo_remove(call: OperatorCall) -> PhotoResponse:
    """Remove the operator's photo."""
    await call.write(remove_photo)
    return PhotoResponse("")


async def get_file(call: PublicCall, file: str, name: str) -> Response[bytes]:
    """Return one size of a photo."""
    number = _NAMES.get(name)
    if number is None or not is_id(file):
        raise ApiError("not_found")
    unknown_names = call.of(RequestLimits).unknown_names
    stored = await look_up(unknown_names, call.network, lambda: call.read(find_file, file))
    content = stored and await call.of(FileServices).files.get(names_of(file)[number])
    if not stored or content is None:
        raise ApiError("not_found")
    return Response(content, status_code=200, media_type=stored.media_type, headers=HEADERS)
