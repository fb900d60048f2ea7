"""A password that is replaced while it is checked begins no session, and is not restored."""

from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from sqlalchemy import Connection, func, select, update

from crumbless.accounts import password_hashing
from crumbless.accounts.account_wire import PasswordRequest, SignInRequest, SignInResponse
from crumbless.accounts.factor_store import set_password_hash
from crumbless.accounts.operator_store import add_operator, find_active_operator
from crumbless.accounts.password import hash_password
from crumbless.core.errors import ApiError
from crumbless.database.database import write_once
from crumbless.http.action_services import ActionServices
from crumbless.http.device import Device
from crumbless.realtime.tables import operator, session
from crumbless.security.access import Session
from crumbless.security.encryption import KEY_BYTES, SecretBox
from crumbless.sign_in.factor_change import change_password
from crumbless.sign_in.password_sign_in import sign_in
from crumbless.sign_in.session_begin import SessionTerms
from support.action_services import make_services
from support.statements import statements_of

T = TypeVar("T")
STOLEN, EMAIL = "correct horse battery", "olga@tea.example"
VAULT = SecretBox(bytes(KEY_BYTES))
TERMS = SessionTerms(30, VAULT)


class Disk:
    """A ledger and reader without threads. `meanwhile` runs once, before the first write. `asked`: the reads."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: list[str] = []
        self.meanwhile: Callable[[Connection], object] | None = None

    async def read(self, operation: Callable[[Connection], T]) -> T:
        results: list[T] = []
        self.asked += write_once(self.url, lambda one: statements_of(one, lambda: results.append(operation(one))))
        return results[0]

    async def write(self, operation: Callable[[Connection], T]) -> T:
        if self.meanwhile is not None:
            write_once(self.url, self.meanwhile)
            self.meanwhile = None
        return write_once(self.url, operation)

    @property
    def services(self) -> ActionServices:
        return make_services(self, self, VAULT)


@pytest.fixture
def disk(database_url: str) -> Disk:
    return Disk(database_url)


@pytest.fixture
def olga(disk: Disk) -> str:
    stolen = hash_password(STOLEN)
    return write_once(disk.url, lambda connection: add_operator(connection, 1, EMAIL, "Olga", stolen))


def replacing(olga: str) -> Callable[[Connection], None]:
    new = hash_password("a violet kettle sings")
    return lambda connection: set_password_hash(connection, olga, new)


async def attempt(disk: Disk) -> Any:
    return await sign_in(disk.services, Device("key"), SignInRequest(EMAIL, STOLEN), TERMS)


def sessions(disk: Disk) -> int:
    return write_once(disk.url, lambda connection: connection.execute(select(func.count(session.c.id))).scalar_one())


async def test_threat_24_stolen_password_that_is_replaced_during_the_check_begins_no_session(
    disk: Disk, olga: str
) -> None:
    assert isinstance(await attempt(disk), SignInResponse), "the premise: it is right"
    disk.meanwhile = replacing(olga)
    with pytest.raises(ApiError) as caught:
        await attempt(disk)
    assert caught.value.code == "wrong_sign_in"
    assert sessions(disk) == 1


async def test_threat_20_known_and_unknown_addresses_cost_the_same_reads_and_hashes(
    disk: Disk, olga: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One look-up, by the same statement, and one hash."""
    hashed: list[str | None] = []

    def verify(password_hash: str | None, _password: str) -> bool:
        hashed.append(password_hash)
        return False

    monkeypatch.setattr(password_hashing, "verify_password", verify)
    disabled = update(operator).where(operator.c.id == olga).values(status="disabled")
    write_once(disk.url, lambda connection: add_operator(connection, 1, "without@tea.example", "Nora", ""))

    async def work_for(email: str) -> list[str]:
        disk.asked.clear()
        with pytest.raises(ApiError, match="wrong_sign_in"):
            await sign_in(disk.services, Device("key"), SignInRequest(email, STOLEN), TERMS)
        return [*disk.asked]

    work = [await work_for(email) for email in (EMAIL, "nobody@tea.example", "without@tea.example")]
    write_once(disk.url, lambda connection: connection.execute(disabled))
    work.append(await work_for(EMAIL))
    assert len(work[0]) == 1
    assert work == [work[0]] * 4
    assert len(hashed) == 4
    assert (hashed[0], hashed[1:3]) == (hashed[3], [None, None]), "the premise: two addresses belong to operators"


async def test_rehashed_password_is_the_same_password(disk: Disk, olga: str) -> None:
    renewed = hash_password(STOLEN)
    disk.meanwhile = lambda connection: set_password_hash(connection, olga, renewed)
    assert isinstance(await attempt(disk), SignInResponse)


async def test_change_does_not_undo_an_earlier_reset(disk: Disk, olga: str) -> None:
    thief = Session("s", "owner", 1, olga, "Olga", "key", 2**60)
    disk.meanwhile = replacing(olga)
    with pytest.raises(ApiError) as caught:
        await change_password(disk.services, thief, PasswordRequest("the thief's own password", STOLEN), "")
    assert caught.value.code == "wrong_password"
    stored = write_once(disk.url, lambda connection: find_active_operator(connection, olga))
    assert stored is not None
    with pytest.raises(ApiError):
        await attempt(disk)
