"""Settings and fixtures of all tests."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from support.machine_lock import hold_machine
from support.postgres import PostgresServer

# No deadlines: other programs share this machine, so the time of an example does not depend on the code alone.
settings.register_profile("crumbless", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("crumbless")


def pytest_configure() -> None:
    """Keep benches of this checkout from starting. Tests start in any case."""
    hold_machine(alone=False)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Yield a PostgreSQL server for the tests of this process."""
    server = PostgresServer()
    server.start()
    yield server
    server.dispose()
