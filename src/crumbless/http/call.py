"""Calls: a request with its caller, as the route adapter gives it to a handler."""

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

import msgspec
from litestar import Response
from sqlalchemy import Connection

from crumbless.http.action_services import ActionServices
from crumbless.http.device import Device, device_name, read_device
from crumbless.http.request import AnyRequest, client_network, services_of
from crumbless.ledger.transaction import Transaction
from crumbless.security.access import Session

P = ParamSpec("P")
T = TypeVar("T")


class Call:
    """A request, the parts of the server, and how to read the database."""

    __slots__ = ("platform", "request")

    def __init__(self, request: AnyRequest) -> None:
        self.request = request
        self.platform = services_of(request)

    @property
    def network(self) -> str:
        """Return the caller's network, for limits."""
        return client_network(self.request)

    @property
    def address(self) -> str:
        """Return the server's public address."""
        return self.platform.settings.server.address

    def of(self, kind: type[T]) -> T:
        """Return the subject's part of this type (see Services)."""
        return self.platform.of(kind)

    @property
    def services(self) -> ActionServices:
        """Return the services of actions that do slow work before their transaction."""
        return ActionServices(self.platform.ledger, self.platform.reader, self.platform.secret_box)

    async def read(self, find: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what `find` reads in one snapshot of the database."""
        return await self.platform.reader.read(lambda connection: find(connection, *args, **kwargs))


class PublicCall(Call):
    """A call that needs no session."""

    __slots__ = ()

    async def write(self, action: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return the result of the action, which runs in a transaction. Raises ApiError, as the action does."""
        return await self.platform.ledger.write(lambda connection: action(Transaction(connection), *args, **kwargs))


class KeyCall(PublicCall):
    """A call without a session, signed by the key with this thumbprint."""

    __slots__ = ("thumbprint",)

    thumbprint: str

    def device(self, time_zone: str) -> Device:
        """Return the device of the caller, for a session that begins."""
        return read_device(self.request, self.thumbprint, time_zone)


class SessionCall(Call):
    """A call of a session."""

    __slots__ = ("session",)

    def __init__(self, request: AnyRequest, session: Session) -> None:
        super().__init__(request)
        self.session = session

    async def write(
        self, action: Callable[Concatenate[Transaction, Session, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Return the result of the session's action, which runs in a transaction. Raises ApiError, as it does."""
        session = self.session
        return await self.platform.ledger.write(
            lambda connection: action(Transaction(connection), session, *args, **kwargs)
        )


class VisitorCall(SessionCall):
    """A call of a visitor."""

    __slots__ = ()


class OperatorCall(SessionCall):
    """A call of an operator."""

    __slots__ = ()

    @property
    def workspace(self) -> int:
        """Return the operator's workspace."""
        return self.session.workspace

    @property
    def device(self) -> str:
        """Return the device's name, for emails about the account."""
        return device_name(self.request.headers.get("user-agent", ""))


def respond(
    value: object, status: int = 200, headers: dict[str, str] | None = None, media: str = "application/json"
) -> Response[bytes]:
    """Return a response with the value as JSON."""
    return Response(msgspec.json.encode(value), status_code=status, media_type=media, headers=headers)
