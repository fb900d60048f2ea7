"""Servers for the tests of whole flows. Every test fails whose server wrote a traceback."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from support.client import TRANSPORTS, Transport
from support.nats import NatsServer
from support.people import World, seed_database
from support.postgres import PostgresServer, name_of
from support.server import ServerProcess
from support.sign_in import NamedWorld, named_settings
from support.storage import FileStorage, PostgresStorage, Storage

StartServer = Callable[..., ServerProcess]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test on each storage that its module names: `pytestmark = pytest.mark.storages("sqlite", "postgres")`.

    `sqlite` has the bus in memory, `postgres` in PostgreSQL; `nats` is PostgreSQL with NATS.
    """
    if "storage" in metafunc.fixturenames:
        marker = metafunc.definition.get_closest_marker("storages")
        names: tuple[str, ...] = marker.args if marker else ("sqlite",)
        metafunc.parametrize("storage", names, indirect=True, scope="session", ids=None if len(names) > 1 else [""])


@pytest.fixture(scope="session")
def seeded_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with people and sites in it: to be copied, never to be served."""
    database = tmp_path_factory.mktemp("seeded_database") / "crumbless.db"
    seed_database(database)
    return database


@pytest.fixture(scope="session")
def seeded_postgres(postgres: PostgresServer) -> str:
    """A database with the same people and sites, to be copied; its name."""
    url = postgres.new_database()
    seed_database(url)
    return name_of(url)


@pytest.fixture(scope="session")
def nats() -> Iterator[NatsServer]:
    """A NATS for the tests of this process."""
    server = NatsServer()
    server.start()
    yield server
    server.dispose()


@pytest.fixture(scope="session")
def storage(request: pytest.FixtureRequest) -> Storage:
    """What the servers of a test keep their data in; gives each of them a seeded_database database of its own."""
    if request.param == "sqlite":
        return FileStorage(request.getfixturevalue("seeded_database"))
    bus = request.getfixturevalue("nats").url if request.param == "nats" else "postgresql"
    return PostgresStorage(request.getfixturevalue("postgres"), request.getfixturevalue("seeded_postgres"), bus)


@pytest.fixture(scope="session")
def shared_server(storage: Storage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """One server for all tests of this process that neither stop it nor need their own limits."""
    server = ServerProcess(storage.new_database(tmp_path_factory.mktemp("shared")), **storage.settings)
    server.start()
    yield server
    code = server.stop()
    assert code == 0
    assert "Traceback" not in server.log()


@pytest.fixture
def server(shared_server: ServerProcess) -> Iterator[ServerProcess]:
    """The shared server; fails the test during which it wrote a traceback."""
    said = len(shared_server.log())
    yield shared_server
    assert "Traceback" not in shared_server.log()[said:], shared_server.log()[said:]


@pytest.fixture
def start_server(storage: Storage, tmp_path: Path) -> Iterator[StartServer]:
    """Starts a server of the test's own, with settings as keywords."""
    started: list[ServerProcess] = []

    def start(**settings: object) -> ServerProcess:
        folder = tmp_path / f"server-{len(started)}"
        folder.mkdir()
        server = ServerProcess(storage.new_database(folder), **storage.settings, **settings)
        started.append(server)
        server.start()
        return server

    yield start
    for server in started:
        server.dispose()
    for server in started:
        assert "Traceback" not in server.log(), server.log()


@pytest_asyncio.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    """A client that keeps no cookie of its own making and follows no redirect."""
    limits = httpx.Limits(max_connections=500, max_keepalive_connections=100)
    async with httpx.AsyncClient(trust_env=False, timeout=40, verify=False, limits=limits) as client:
        yield client


@pytest_asyncio.fixture
async def open_world(http: httpx.AsyncClient) -> AsyncIterator[Callable[[ServerProcess], World]]:
    """Makes a world around a server of the test's own."""
    worlds: list[World] = []

    def make(server: ServerProcess) -> World:
        worlds.append(World(server, http))
        return worlds[-1]

    yield make
    for world in worlds:
        await world.close()


@pytest_asyncio.fixture
async def world(server: ServerProcess, open_world: Callable[[ServerProcess], World]) -> World:
    """The shared server and its people."""
    return open_world(server)


@pytest.fixture(params=TRANSPORTS)
def transport(request: pytest.FixtureRequest) -> Transport:
    """Each way in which a stream can travel."""
    return request.param


@pytest.fixture(scope="session")
def named_server(storage: Storage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server under a name that passkeys may be bound to, for all tests of this process that do not stop it."""
    database = storage.new_database(tmp_path_factory.mktemp("named"))
    server = ServerProcess(database, **(storage.settings | named_settings()))
    server.start()
    yield server
    assert server.stop() == 0
    assert "Traceback" not in server.log()


@pytest_asyncio.fixture
async def named(named_server: ServerProcess, http: httpx.AsyncClient) -> AsyncIterator[NamedWorld]:
    """The server under a name, with an Olga and an Otto of the test's own."""
    world = NamedWorld(named_server, http)
    yield world
    await world.close()
