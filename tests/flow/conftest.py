"""Servers for the flow tests. A test fails if its server wrote a traceback."""

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
ShareServer = Callable[[str, Callable[[], ServerProcess]], ServerProcess]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test on each storage that its module names: `pytestmark = pytest.mark.storages("sqlite", "postgres")`.

    `sqlite` has the bus in memory, `postgres` in PostgreSQL; `nats` is PostgreSQL with NATS. A test runs on several if
    their own code decides about its outcome: the ledger, locks, the order of commits, migrations, the bus. It runs on
    `sqlite` alone if it is about parsing, limits in memory, tokens or texts. A mark of a test overrides its module's.
    """
    if "storage" in metafunc.fixturenames:
        marker = metafunc.definition.get_closest_marker("storages")
        names: tuple[str, ...] = marker.args if marker else ("sqlite",)
        metafunc.parametrize("storage", names, indirect=True, scope="session", ids=None if len(names) > 1 else [""])


@pytest.fixture(scope="session")
def seeded_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file with operators and sites in it. Copy it and never serve it."""
    database = tmp_path_factory.mktemp("seeded_database") / "crumbless.db"
    seed_database(database)
    return database


@pytest.fixture(scope="session")
def seeded_postgres(postgres: PostgresServer) -> str:
    """Return the name of a database with the same operators and sites. Copy it and never serve it."""
    url = postgres.new_database()
    seed_database(url)
    return name_of(url)


@pytest.fixture(scope="session")
def nats() -> Iterator[NatsServer]:
    """Start a NATS server for the tests of this process."""
    server = NatsServer()
    server.start()
    yield server
    server.dispose()


@pytest.fixture(scope="session")
def storage(request: pytest.FixtureRequest) -> Storage:
    """Return the kind of storage of the test's servers. Each server gets a separate copy of the seeded database."""
    if request.param == "sqlite":
        return FileStorage(request.getfixturevalue("seeded_database"))
    bus = request.getfixturevalue("nats").url if request.param == "nats" else "postgresql"
    postgres, seeded = request.getfixturevalue("postgres"), request.getfixturevalue("seeded_postgres")
    return PostgresStorage(postgres, seeded, bus, request.param)


def share_servers() -> Iterator[ShareServer]:
    """Yield a function that starts a server with its first call for a name, and returns it again later. Stop them all.

    A server as a fixture of `storage` would be started for each file: pytest ends it when the parameter changes.
    """
    started: dict[str, ServerProcess] = {}

    def share(name: str, make: Callable[[], ServerProcess]) -> ServerProcess:
        if name not in started:
            server = make()
            server.start()
            started[name] = server
        return started[name]

    yield share
    codes = {name: server.stop() for name, server in started.items()}
    assert codes == dict.fromkeys(started, 0)
    assert [name for name, server in started.items() if "Traceback" in server.log()] == []


@pytest.fixture(scope="session")
def sqlite_servers() -> Iterator[ShareServer]:
    yield from share_servers()


@pytest.fixture(scope="session")
def postgres_servers(postgres: PostgresServer) -> Iterator[ShareServer]:
    assert postgres.runs(), "it ends after the servers"
    yield from share_servers()


@pytest.fixture(scope="session")
def nats_servers(postgres: PostgresServer, nats: NatsServer) -> Iterator[ShareServer]:
    assert postgres.runs(), "it ends after the servers"
    assert nats.url, "it ends after the servers"
    yield from share_servers()


@pytest.fixture(scope="session")
def share(storage: Storage, request: pytest.FixtureRequest) -> ShareServer:
    """Return the function that shares servers with this storage."""
    return request.getfixturevalue(f"{storage.name}_servers")


@pytest.fixture(scope="session")
def shared_server(storage: Storage, share: ShareServer, tmp_path_factory: pytest.TempPathFactory) -> ServerProcess:
    """Return one server for all tests of this process that neither stop it nor need other limits.

    It is the installed command, started as a shell does.
    """

    def make() -> ServerProcess:
        return ServerProcess(storage.new_database(tmp_path_factory.mktemp("shared")), fresh=True, **storage.settings)

    return share("shared", make)


@pytest.fixture
def server(shared_server: ServerProcess) -> Iterator[ServerProcess]:
    """Return the shared server. The test fails if the server writes a traceback during it."""
    logged = len(shared_server.log())
    yield shared_server
    assert "Traceback" not in shared_server.log()[logged:], shared_server.log()[logged:]


@pytest.fixture
def start_server(storage: Storage, tmp_path: Path) -> Iterator[StartServer]:
    """Return a function that starts a separate server, with settings as keywords."""
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
    """Return a client that stores no cookie and follows no redirect."""
    limits = httpx.Limits(max_connections=500, max_keepalive_connections=100)
    async with httpx.AsyncClient(trust_env=False, timeout=40, verify=False, limits=limits) as client:
        yield client


@pytest_asyncio.fixture
async def open_world(http: httpx.AsyncClient) -> AsyncIterator[Callable[[ServerProcess], World]]:
    """Return a function that makes a world around a separate server."""
    worlds: list[World] = []

    def make(server: ServerProcess) -> World:
        worlds.append(World(server, http))
        return worlds[-1]

    yield make
    for world in worlds:
        await world.close()


@pytest_asyncio.fixture
async def world(server: ServerProcess, open_world: Callable[[ServerProcess], World]) -> World:
    """Return a world on the shared server."""
    return open_world(server)


@pytest.fixture(params=TRANSPORTS)
def transport(request: pytest.FixtureRequest) -> Transport:
    """Run the test over each transport."""
    return request.param


@pytest.fixture(scope="session")
def named_server(storage: Storage, share: ShareServer, tmp_path_factory: pytest.TempPathFactory) -> ServerProcess:
    """Return a server under a host name that passkeys may be bound to, shared by the tests of this process."""

    def make() -> ServerProcess:
        database = storage.new_database(tmp_path_factory.mktemp("named"))
        return ServerProcess(database, **(storage.settings | named_settings()))

    return share("named", make)


@pytest_asyncio.fixture
async def named(named_server: ServerProcess, http: httpx.AsyncClient) -> AsyncIterator[NamedWorld]:
    """Return a world on the named server, with an Olga and an Otto that no other test uses."""
    world = NamedWorld(named_server, http)
    yield world
    await world.close()
