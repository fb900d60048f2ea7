"""Measures the cost of authentication: a proof, a signed read, and a flood of sign-ins during a chat."""

import asyncio
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import httpx
import msgspec

from crumbless.security.dpop import verify_proof
from load_run import Load, run_load
from seed_crumbless import SignedIn
from server_process import IN_MEMORY, RunningServer, free_port, keep_off_the_server, start_server
from session_proof import ClientKey
from stack_crumbless import COMMAND, RAISED_LIMITS, CrumblessStack, migrate_database

PROOFS = 2_000
READS = 1_500
FLOOD = 200
RATE = 500.0

CHANGED = str(Path(__file__).with_name("serve_changed.py"))


class SignInCost(msgspec.Struct, frozen=True):
    """One round. CPU times are of the server, in microseconds; memory in bytes; latencies in milliseconds."""

    proof_us: float
    read_us: float
    unchecked_read_us: float
    calm_p99: float
    flooded_p99: float
    flooded_sign_ins: int
    memory_before: int
    memory_peak: int


def measure_sign_in(seconds: float) -> SignInCost:
    """One round of all."""
    proof = measure_proof()
    checked, unchecked = (
        _measure_reads(command) for command in ([COMMAND, "serve"], [sys.executable, CHANGED, "unchecked"])
    )
    calm, flooded, sign_ins, before, peak = _measure_flood(seconds)
    return SignInCost(
        proof_us=proof,
        read_us=checked,
        unchecked_read_us=unchecked,
        calm_p99=calm,
        flooded_p99=flooded,
        flooded_sign_ins=sign_ins,
        memory_before=before,
        memory_peak=peak,
    )


def measure_proof() -> float:
    """CPU time of verifying a proof, in microseconds: the function itself, thousands of times."""
    key = ClientKey()
    address = "http://127.0.0.1:8000/v1/desk/me"
    proofs = [key.prove("GET", address, "nonce", "token") for _ in range(PROOFS)]
    began = time.process_time()
    for proof in proofs:
        verify_proof(proof, method="GET", address=address, nonce_ok=lambda _nonce: True, token="token")
    return (time.process_time() - began) / PROOFS * 1e6


def _start(folder: Path, command: Sequence[str]) -> tuple[CrumblessStack, RunningServer]:
    stack = CrumblessStack()
    if command[0] == COMMAND:
        return stack, stack.start(folder)
    port = free_port()
    environment = {
        **RAISED_LIMITS,
        "CRUMBLESS_DATABASE_URL": f"sqlite:///{folder / 'crumbless.db'}",
        "CRUMBLESS_PORT": str(port),
        "CRUMBLESS_LOG_LEVEL": "warning",
    }
    migrate_database(environment)
    stack.seed(folder)
    return stack, start_server(command, port, folder / "crumbless.log", environment)


def _measure_reads(command: Sequence[str]) -> float:
    with tempfile.TemporaryDirectory() as name:
        stack, server = _start(Path(name), command)
        try:
            operator = stack.seeded.operators[0]
            asyncio.run(_read(server, operator, 100))
            before = server.cpu_seconds()
            asyncio.run(_read(server, operator, READS))
            return (server.cpu_seconds() - before) / READS * 1e6
        finally:
            server.stop()


async def _read(server: RunningServer, operator: SignedIn, count: int) -> None:
    address = f"http://127.0.0.1:{server.port}/v1/desk/conversations"
    async with httpx.AsyncClient(trust_env=False) as client:
        nonce = (await client.get(address)).headers["dpop-nonce"]
        for _ in range(count):
            proof = operator.key.prove("GET", address, nonce, operator.token)
            headers = {"authorization": f"DPoP {operator.token}", "dpop": proof}
            answer = await client.get(address, params={"limit": "20"}, headers=headers)
            if answer.status_code != 200:
                raise RuntimeError(f"a read was refused: {answer.text}")


def _measure_flood(seconds: float) -> tuple[float, float, int, int, int]:
    """p99 of the chat alone and beside the flood, how many sign-ins were answered, memory before and at its peak."""
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as name:
        stack = CrumblessStack()
        server = stack.start(Path(name))
        try:
            calm = _chat(stack, server, seconds)
            before = server.memory_bytes()
            flood = _Flood(server)
            flooded = flood.beside(lambda: _chat(stack, server, seconds))
            return calm, flooded, flood.answered, before, flood.peak
        finally:
            server.stop()


def _chat(stack: CrumblessStack, server: RunningServer, seconds: float) -> float:
    wiring = stack.wire(server)
    outcome = run_load(wiring, Load(rate=RATE, warm=0.5, seconds=seconds))
    wiring.close()
    return outcome.counts.operator_ms.p99


class _Flood:
    """Two hundred people who sign in again and again, and who do not exist; the memory is read ten times a second."""

    def __init__(self, server: RunningServer) -> None:
        self._server = server
        self._over = threading.Event()
        self.answered = 0
        self.peak = 0

    def beside(self, operation: Callable[[], float]) -> float:
        """Run `work` during the flood and return its result."""
        thread = threading.Thread(target=lambda: asyncio.run(self._run()))
        thread.start()
        try:
            return operation()
        finally:
            self._over.set()
            thread.join()

    async def _run(self) -> None:
        keep_off_the_server()
        limits = httpx.Limits(max_connections=FLOOD)
        async with httpx.AsyncClient(trust_env=False, limits=limits, timeout=60) as client:
            await asyncio.gather(self._watch(), *(self._sign_in(client, number) for number in range(FLOOD)))

    async def _watch(self) -> None:
        while not self._over.is_set():
            self.peak = max(self.peak, self._server.memory_bytes())
            await asyncio.sleep(0.1)

    async def _sign_in(self, client: httpx.AsyncClient, number: int) -> None:
        address = f"http://127.0.0.1:{self._server.port}/v1/desk/sign-in"
        key = ClientKey()
        nonce = ""
        while not self._over.is_set():
            body = {"email": f"nobody-{number}-{self.answered}@example.org", "password": "wrong wrong wrong"}
            answer = await client.post(address, json=body, headers={"dpop": key.prove("POST", address, nonce, "")})
            nonce = answer.headers.get("dpop-nonce", nonce)
            self.answered += answer.status_code in {401, 429, 503}
            # Sooner than the server asks for, but spread out, as people do.
            await asyncio.sleep(min(float(answer.headers.get("retry-after", 0)), 1.0) * random.uniform(0.5, 1.5))
