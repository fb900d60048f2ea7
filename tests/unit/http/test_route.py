"""A row of the route table that contradicts itself or its handler raises an error."""

import re
from typing import Annotated, Any, Literal

import msgspec
import pytest
from litestar import Response

from crumbless.core.errors import ApiError
from crumbless.files.file_limits import UploadLimits
from crumbless.http.call import KeyCall, OperatorCall, PublicCall, VisitorCall
from crumbless.http.route import PUBLIC, STREAM, Access, RateLimit, Route, RouteError, operator, visitor
from crumbless.http.route_adapter import read_query
from crumbless.routes import ROUTES, route_handlers
from crumbless.security.access import Visibility

OWN = operator("manage_own", Visibility.OWN)


class Wanted(msgspec.Struct):
    """A body."""


async def no_call() -> None: ...
async def by_operator(_call: OperatorCall) -> None: ...
async def by_visitor(_call: VisitorCall) -> None: ...
async def by_anyone(_call: PublicCall) -> None: ...
async def of_conversation(_call: OperatorCall, conversation: str) -> None: ...
async def row_with_number(_call: OperatorCall, task: float) -> None: ...
async def with_bodies(_call: OperatorCall, one: Wanted, other: Wanted) -> None: ...
async def with_text(_call: OperatorCall, text: str) -> None: ...
async def with_body(call: KeyCall, wanted: Wanted) -> Wanted: ...  # pyright: ignore[reportReturnType]
async def with_response(_call: PublicCall) -> Response[bytes]: ...  # pyright: ignore[reportReturnType]
async def with_results(_call: PublicCall) -> Wanted | int: ...  # pyright: ignore[reportReturnType]


def row(handler: Any, access: Access, path: str = "/v1/x", **more: Any) -> Route:
    return Route("POST", path, handler, access, **more)


def test_valid_rows_are_created() -> None:
    """The premise of the next test: every handler in it is valid for some row."""
    assert row(by_operator, OWN).signature.gives is None
    assert row(by_visitor, visitor("erase_own")).who == "visitor"
    assert row(by_anyone, STREAM).who == "stream"
    assert row(with_response, PUBLIC, gives=("text/html",)).signature.special
    assert row(with_results, PUBLIC, also={202: int}).signature.gives is Wanted
    taking = row(with_body, PUBLIC).signature
    assert (taking.body, taking.takes, taking.gives, taking.key) == ("wanted", Wanted, Wanted, True)
    named = row(of_conversation, operator("read_inbox", Visibility.CONVERSATION), "/v1/x/{conversation}")
    assert named.signature.path == {"conversation": str}


@pytest.mark.parametrize(
    ("handler", "access", "more", "reason"),
    [
        (by_operator, operator("erase_own", Visibility.OWN), {}, "no operator has the permission erase_own"),
        (by_operator, operator("manage_own", Visibility.PUBLIC), {}, "an operator's route cannot be PUBLIC"),
        (by_visitor, visitor("read_inbox"), {}, "no visitor has the permission read_inbox"),
        (by_visitor, Access("visitor", "erase_own", Visibility.SITE), {}, "its visibility must be Visibility.OWN"),
        (by_anyone, Access("public", "read_inbox", Visibility.PUBLIC), {}, 'its permission must be "public"'),
        (by_anyone, Access("public", "public", Visibility.SITE), {}, "its visibility must be Visibility.PUBLIC"),
        (by_anyone, OWN, {}, "its handler does not take the call of operator routes"),
        (by_operator, PUBLIC, {}, "its handler does not take the call of public routes"),
        (no_call, OWN, {}, "its handler does not take the call of operator routes"),
        (by_operator, OWN, {"path": "/v1/{person}"}, "its handler does not take all path parameters"),
        (of_conversation, OWN, {"path": "/v1/{conversation}"}, "its visibility must be Visibility.CONVERSATION"),
        (row_with_number, OWN, {"path": "/v1/{task}"}, "a path parameter is a str or an int"),
        (with_bodies, OWN, {}, "its handler takes more than one body: ['one', 'other']"),
        (with_text, OWN, {}, "its handler takes a body that is no struct: text"),
        (with_response, PUBLIC, {}, "its handler makes a response: declare `gives`"),
        (by_anyone, PUBLIC, {"gives": Wanted}, "`gives` is for handlers that make a response"),
        (with_results, PUBLIC, {}, "declare in `also` which status each further result has"),
        (by_anyone, PUBLIC, {"refuses": ("nothing",)}, "refuses unknown codes ['nothing']"),
        (by_anyone, PUBLIC, {"limit": RateLimit(UploadLimits, "nothing")}, "there is no limiter nothing"),
        (
            by_anyone,
            PUBLIC,
            {"limit": RateLimit(UploadLimits, "uploads", "subject")},
            "there is no session to count by",
        ),
    ],
)
def test_row_that_contradicts_itself_is_refused(
    handler: Any, access: Access, more: dict[str, Any], reason: str
) -> None:
    with pytest.raises(RouteError, match=f"^POST /v1/.*{re.escape(reason)}"):
        row(handler, access, **more)


def test_two_rows_with_one_path_are_refused() -> None:
    assert len(route_handlers()) == len(ROUTES)
    with pytest.raises(RouteError, match="declared twice: GET /v1/desk/me"):
        route_handlers([next(route for route in ROUTES if route.name == "GET /v1/desk/me")])


def test_every_row_declares_a_permission_and_a_visibility() -> None:
    for route in ROUTES:
        assert route.access.permission, route.name
        assert (route.access.visibility is Visibility.PUBLIC) == (route.who == "public"), route.name


class Query(msgspec.Struct, frozen=True):
    """A query."""

    before: Annotated[int, msgspec.Meta(ge=0, le=2**53)] | None = None
    word: Annotated[str, msgspec.Meta(pattern="^[a-z0-9]*$")] = ""
    status: Literal["open", "closed"] | None = None


def test_query_is_read_by_the_types_of_its_struct() -> None:
    texts = {"before": "0012", "word": "12", "status": "open", "unknown": "x"}
    assert read_query(texts, Query) == Query(12, "12", "open")
    assert read_query({}, Query) == Query()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *[
            ("before", text)
            for text in ("", "x", "-1", "+1", " 1", "1.0", "1e2", "null", "٣", str(2**53 + 1), "9" * 5000)
        ],
        *[("word", text) for text in ("A", "a\n", "\0", "a b")],
        *[("status", text) for text in ("", "null", "None", "waiting")],
    ],
)
def test_query_of_another_form_is_invalid(name: str, text: str) -> None:
    with pytest.raises(ApiError) as refused:
        read_query({name: text}, Query)
    assert refused.value.code == "invalid"
