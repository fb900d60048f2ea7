"""Two nodes on one PostgreSQL: a session or invitation that ends at one node is not used at the other (H-1, L-3)."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, cast

import asyncpg
import pytest
import pytest_asyncio

from support import vouching
from support.client import Person, ask
from support.cluster import ClusterWorld, ServerCluster
from support.people import TEA, new_entry_id
from support.postgres import PostgresServer, name_of
from support.sign_in import code_of, hire
from support.vouching import add_key, set_mode, take_session

ROUNDS = 6


@pytest.fixture(scope="module")
def cluster(postgres: PostgresServer, seeded_postgres: str) -> Iterator[ServerCluster]:
    made = ServerCluster(postgres.new_database(seeded_postgres), "postgresql", trusted_proxies="127.0.0.0/8")
    try:
        made.start()
        yield made
    finally:
        made.stop()


@pytest_asyncio.fixture
async def world(cluster: ServerCluster) -> AsyncIterator[ClusterWorld]:
    world = ClusterWorld(cluster)
    await world.bus_is(connected=True)
    yield world
    await world.close()


@pytest_asyncio.fixture
async def hold(cluster: ServerCluster, postgres: PostgresServer) -> AsyncIterator[Callable[[str], Awaitable[Any]]]:
    """Return a function that begins a transaction, runs a statement and keeps its locks until the rollback."""
    connection = await cast(Any, asyncpg).connect(postgres.url(name_of(cluster.nodes[0].database_url)))

    async def run(statement: str) -> Any:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute(statement)
        return transaction

    yield run
    await connection.close()


async def waiting_for_locks(world: ClusterWorld, count: int) -> None:
    """Return once so many transactions of the nodes wait for a lock."""
    query = """SELECT count(*) FROM pg_stat_activity
        WHERE wait_event_type = 'Lock' AND datname = current_database()"""

    async def as_wanted() -> bool:
        return (await asyncio.to_thread(world.cluster.rows, query))[0][0] >= count

    await world.eventually(as_wanted)


async def redeem(world: ClusterWorld, person: Person, secret: str) -> Any:
    body = {"site": TEA.key, "secret": secret}
    network = f"2001:db8:{secrets.token_hex(2)}::1"
    return await ask(world.http, person, "POST", "/v1/visitor/continue", body, x_forwarded_for=network)


@pytest.mark.parametrize("first", ["verify", "redeem"])
async def test_code_is_not_redeemed_at_one_node_while_the_other_verifies(
    world: ClusterWorld, hold: Callable[[str], Awaitable[Any]], first: str
) -> None:
    """Both wait for the workspace's lock, in the order in which they were sent."""
    world.cluster.steer(0)
    owner = await world.new_operator(hire(world))
    await set_mode(world, owner, "optional")
    key = await add_key(world, owner)
    for number in range(ROUNDS):
        world.cluster.steer(0)
        attacker, victim, accomplice = await world.visitor("Come with me"), world.stranger(), world.stranger()
        code = (await ask(world.http, attacker, "POST", "/v1/visitor/continue/code", {})).json()["code"]
        take_session(victim, (await redeem(world, victim, code)).json())
        stream = await world.stream_at(1, attacker)
        world.cluster.steer(0)
        code = (await ask(world.http, attacker, "POST", "/v1/visitor/continue/code", {})).json()["code"]
        # Each client has its node's nonce before the race starts.
        world.cluster.steer(1)
        assert code_of(await redeem(world, accomplice, "0000-0000")) == "ticket_gone"
        world.cluster.steer(0)
        assert (await ask(world.http, victim, "GET", "/v1/visitor/export")).status_code == 200
        lock = await hold("SELECT id FROM workspace WHERE name = 'Tea' FOR NO KEY UPDATE")
        works = {
            "verify": (0, vouching.identify(world, victim, key.token(f"anna {first} {number}"))),
            "redeem": (1, redeem(world, accomplice, code)),
        }
        tasks: dict[str, asyncio.Task[Any]] = {}
        for count, name in enumerate(sorted(works, key=lambda name: name != first), start=1):
            at, work = works[name]
            world.cluster.steer(at)
            tasks[name] = asyncio.create_task(cast(Any, work))
            await waiting_for_locks(world, count)
        await lock.rollback()
        verified, redeemed = await tasks["verify"], await tasks["redeem"]
        assert verified.status_code == 200, verified.text
        assert redeemed.status_code == (410 if first == "verify" else 200), redeemed.text
        assert (await stream.until_over()).code == 4401, "at the other node too"
        if redeemed.status_code == 200:
            take_session(accomplice, redeemed.json())
        for at in (0, 1):
            world.cluster.steer(at)
            for person in (attacker, accomplice):
                assert (await ask(world.http, person, "GET", "/v1/visitor/export")).status_code == 401


async def test_invitation_written_during_its_senders_demotion_is_not_accepted(
    world: ClusterWorld, hold: Callable[[str], Awaitable[Any]]
) -> None:
    world.cluster.steer(0)
    owner = await world.new_operator(hire(world, "Oda"))
    world.cluster.steer(1)
    anna = await world.new_operator(hire(world, "Anna", role="admin"))
    invited = f"{new_entry_id()}@tea.example"
    # The invitation's row has to wait, after its sender's role was read.
    lock = await hold("LOCK TABLE invitation IN SHARE MODE")
    body = {"email": invited, "role": "admin"}
    inviting = asyncio.create_task(ask(world.http, anna, "POST", "/v1/desk/people/invite", body))
    await waiting_for_locks(world, 1)
    world.cluster.steer(0)
    demoted = await ask(world.http, owner, "POST", f"/v1/desk/people/{anna.id}", {"role": "operator"})
    assert demoted.status_code == 204, demoted.text
    await lock.rollback()
    assert (await inviting).status_code == 204, "the premise: it was written after the demotion"
    ((invitation, revoked),) = world.cluster.rows("SELECT id, revoked_at FROM invitation WHERE email = ?", invited)
    assert revoked is None, "the premise: the demotion did not see it"
    for at in (0, 1):
        world.cluster.steer(at)
        assert (await accept(world, invitation))[:2] == (410, "ticket_gone")
    assert (await ask(world.http, owner, "POST", f"/v1/desk/invitations/{invitation}/resend")).status_code == 204
    assert (await accept(world, invitation))[0] == 200, "the premise: it is valid once an owner sends it"


async def accept(world: ClusterWorld, invitation: str) -> tuple[int, str]:
    """Join by the invitation. Its secret is only in an email, so the test replaces it."""
    secret = f"crt_{secrets.token_urlsafe(32)}"
    change = """UPDATE one_time_token SET secret_hash = sha256(convert_to(?, 'UTF8'))
        WHERE kind = 'invitation' AND subject = ? AND used_at IS NULL RETURNING id"""
    assert len(world.cluster.rows(change, secret, invitation)) == 1
    body = {"secret": secret, "name": "Nora", "password": "a violet kettle sings"}
    answer = await ask(world.http, world.stranger(), "POST", "/v1/invitations/accept", body)
    return answer.status_code, code_of(answer)
