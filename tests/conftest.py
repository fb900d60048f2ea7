"""What holds for all tests."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from support.postgres import PostgresServer

# How fast this machine makes examples, and runs one, says nothing about the code: other programs share it.
settings.register_profile("crumbless", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("crumbless")


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL for the tests of this process."""
    server = PostgresServer()
    server.start()
    yield server
    server.dispose()
