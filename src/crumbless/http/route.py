"""A row of the route table: access, limits, types and errors.

An incomplete or contradictory row raises RouteError, so the server does not start with it.
"""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, fields
from re import findall
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
from litestar import Response

from crumbless.core.errors import ERROR_SPECS, CrumblessError
from crumbless.http.call import KeyCall, OperatorCall, PublicCall, VisitorCall
from crumbless.protocol.frames import MAX_FRAME
from crumbless.security.access import OPERATOR_ROLES, PERMISSIONS, Verb, Visibility

Who = Literal["public", "visitor", "operator", "stream"]
Permission = Verb | Literal["public", "stream"]
Pages = Literal["own", "site"]
LimitKey = Literal["network", "workspace", "subject"]

JSON = "application/json"

_CALLS: dict[Who, tuple[type[PublicCall] | type[VisitorCall] | type[OperatorCall], ...]] = {
    "public": (PublicCall, KeyCall),
    "stream": (PublicCall,),
    "visitor": (VisitorCall,),
    "operator": (OperatorCall,),
}

_NAMED: dict[str, Visibility] = {
    "conversation": Visibility.CONVERSATION,
    "key": Visibility.SITE,
    "team": Visibility.TEAM,
}
"""The visibility that a path parameter requires, on operators' routes."""


@dataclass(frozen=True, slots=True)
class Access:
    """The access rule of a route.

    Args:
        who: the kind of caller. "stream" is the session of the stream, which the stream checks.
        permission: the verb that the caller's role must allow.
        visibility: the kind of things that the route names or reads.
    """

    who: Who
    permission: Permission
    visibility: Visibility


PUBLIC = Access("public", "public", Visibility.PUBLIC)
STREAM = Access("stream", "stream", Visibility.OWN)


def visitor(permission: Verb) -> Access:
    """Return the access of visitors to their own data."""
    return Access("visitor", permission, Visibility.OWN)


def operator(permission: Verb, visibility: Visibility) -> Access:
    """Return the access of operators whose role allows the verb."""
    return Access("operator", permission, visibility)


class RouteError(CrumblessError):
    """A row of the route table is incomplete or contradicts itself."""


@dataclass(frozen=True, slots=True)
class RateLimit:
    """A limiter and the key by which it counts.

    Args:
        limits: the dataclass that has the limiter.
        name: the limiter's field.
        before_body: whether it applies before the body is read.
    """

    limits: type[Any]
    name: str
    by: LimitKey = "network"
    before_body: bool = False


@dataclass(frozen=True, slots=True)
class Signature:
    """The types of a handler's parameters and result.

    Args:
        body: the name of the parameter for the body; empty for none.
        takes: the type of the body. `bytes` is the raw body.
        query: the type of the parameter `query`.
        path: the types of the path parameters.
        key: whether the request must prove a key.
        special: whether the handler creates the response itself.
    """

    body: str
    takes: Any
    query: Any
    path: Mapping[str, type]
    gives: Any
    key: bool
    special: bool


@dataclass(frozen=True, eq=False)
class Route:
    """One row of the table. The body, the query and the result are in the handler's signature.

    Args:
        handler: takes a call (PublicCall, KeyCall, VisitorCall or OperatorCall), path parameters, `query` and the body.
            Returns the value to encode, None for 204, or a Response, for which the row declares `gives`.
        access: PUBLIC, STREAM, or the result of `visitor` or `operator`.
        step_up: whether the operator must have re-authenticated within the last five minutes.
        sets_up: whether sessions that lack a required second factor may use it.
        pages: the pages whose scripts may use a route under /v1/. "site" stands for the origins of the site that the
            body names. The handler checks the origin and allows the page to read the response (CORS).
        limit: the rate limit that applies besides `requests`, which every public route has.
        most: the longest body, in bytes.
        status: the status of a success; 204 if the handler returns None.
        also: further statuses of a success, with the result types that have them.
        media: media type of the response.
        gives: the type, or the media types, in the Response of a special handler.
        refuses: error codes besides those that follow from the other fields (tools/generate_openapi.py).
    """

    method: Literal["GET", "POST", "OPTIONS"]
    path: str
    handler: Callable[..., Awaitable[Any]]
    access: Access
    step_up: bool = False
    sets_up: bool = False
    pages: Pages = "own"
    limit: RateLimit | None = None
    most: int = MAX_FRAME
    status: int = 200
    also: Mapping[int, type] = field(default_factory=dict[int, type])
    media: str = JSON
    gives: Any = None
    refuses: tuple[str, ...] = ()
    signature: Signature = field(init=False)

    def __post_init__(self) -> None:
        """Check the row and read the handler's signature. Raises RouteError."""
        self._check_access()
        found = self._read_signature()
        object.__setattr__(self, "signature", found)
        self._require(not found.special or self.gives is not None, "its handler makes a response: declare `gives`")
        self._require(found.special or self.gives is None, "`gives` is for handlers that make a response")
        if self.limit is not None:
            self._require(
                self.limit.name in {one.name for one in fields(self.limit.limits)},
                f"there is no limiter {self.limit.name}",
            )
            by_network = self.limit.by == "network"
            self._require(by_network or self.who in {"visitor", "operator"}, "there is no session to count by")
        unknown = {*self.refuses} - {*ERROR_SPECS}
        self._require(not unknown, f"refuses unknown codes {sorted(unknown)}")

    @property
    def name(self) -> str:
        """Return method and path."""
        return f"{self.method} {self.path}"

    @property
    def who(self) -> Who:
        """Return the kind of caller."""
        return self.access.who

    @property
    def parameters(self) -> list[str]:
        """Return the names of the path parameters."""
        return findall(r"\{(\w+)\}", self.path)

    def _require(self, good: bool, reason: str) -> None:
        if not good:
            raise RouteError(f"{self.name}: {reason}")

    def _check_access(self) -> None:
        who, permission, visibility = self.access.who, self.access.permission, self.access.visibility
        self._require(visibility in {*Visibility}, "declare a visibility")
        if who in {"public", "stream"}:
            self._require(permission == who, f'its permission must be "{who}"')
        else:
            roles = ("visitor",) if who == "visitor" else OPERATOR_ROLES
            known = any(permission in PERMISSIONS[role] for role in roles)
            self._require(known, f"no {who} has the permission {permission}")
        if who == "operator":
            self._require(visibility is not Visibility.PUBLIC, "an operator's route cannot be PUBLIC")
            for name in self.parameters:
                wanted = _NAMED.get(name, visibility)
                self._require(visibility is wanted, f"its path names a {name}: its visibility must be {wanted}")
        else:
            wanted = Visibility.PUBLIC if who == "public" else Visibility.OWN
            self._require(visibility is wanted, f"its visibility must be {wanted}")

    def _read_signature(self) -> Signature:
        """Return the types of the handler's parameters and result. Raises RouteError."""
        hints = get_type_hints(self.handler, include_extras=True)
        call, *others = [*inspect.signature(self.handler).parameters] or [""]
        self._require(hints.get(call) in _CALLS[self.who], f"its handler does not take the call of {self.who} routes")
        path = {name: hints[name] for name in others if name in self.parameters}
        self._require(len(path) == len(self.parameters), "its handler does not take all path parameters")
        self._require({*path.values()} <= {str, int}, "a path parameter is a str or an int")
        bodies = [name for name in others if name not in path and name != "query"]
        self._require(len(bodies) <= 1, f"its handler takes more than one body: {bodies}")
        body = bodies[0] if bodies else ""
        takes = hints[body] if body else None
        structured = isinstance(takes, type) and issubclass(takes, msgspec.Struct) and self.method == "POST"
        self._require(takes in {None, bytes} or structured, f"its handler takes a body that is no struct: {body}")
        result = hints["return"]
        kinds = get_args(result) if get_origin(result) in {Union, UnionType} else (result,)
        special = any(issubclass(get_origin(kind) or kind, Response) for kind in kinds)
        given = tuple(kind for kind in kinds if kind is not NoneType and kind not in self.also.values())
        self._require(special or len(given) <= 1, "declare in `also` which status each further result has")
        return Signature(
            body=body,
            takes=takes,
            query=hints.get("query"),
            path=path,
            gives=self.gives if special else given[0] if given else None,
            key=hints[call] is KeyCall,
            special=special,
        )
