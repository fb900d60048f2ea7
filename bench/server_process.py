"""A server under measurement: started on its own core, watched from outside, ended by signal."""

import http.client
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

GENERATOR_CORE = 0
SERVER_CORE = 1
START_DEADLINE = 30.0
"""Seconds a server has for its first answer."""

IN_MEMORY = "/dev/shm"
"""For comparisons of CPU use: on a busy machine the disk pauses for unrelated reasons."""

_PROBE_PAUSE = 0.002
_STOP_DEADLINE = 10.0


def pinned(core: int, command: Sequence[str]) -> list[str]:
    """The command, tied to one core."""
    return ["taskset", "-c", str(core), *command]


def free_port() -> int:
    """Return a free port on 127.0.0.1."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address: tuple[str, int] = probe.getsockname()
        return address[1]


def keep_off_the_server() -> None:
    """Tie the calling thread to the generator's core, behind the generator: it runs when that has nothing to do."""
    thread = threading.get_native_id()
    os.sched_setaffinity(thread, {GENERATOR_CORE})
    os.sched_setscheduler(thread, os.SCHED_IDLE, os.sched_param(0))


@dataclass(frozen=True)
class RunningServer:
    """A started server. `first_answer` is the time from its start to its first 200, in seconds."""

    process: subprocess.Popen[bytes]
    port: int
    first_answer: float

    def cpu_seconds(self) -> float:
        """User and system time of the server and its children so far. Its resolution is 10 ms."""
        top = psutil.Process(self.process.pid)
        times = [one.cpu_times() for one in (top, *top.children(recursive=True))]
        return sum(one.user + one.system for one in times)

    def memory_bytes(self) -> int:
        """Proportional set size of the server and its children, from smaps_rollup."""
        top = psutil.Process(self.process.pid)
        return sum(_proportional_set_size(one.pid) for one in (top, *top.children(recursive=True)))

    def stop(self) -> int:
        """Asks the server to end, and returns its exit code. Kills it when it does not end in time."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(_STOP_DEADLINE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


def start_server(
    command: Sequence[str],
    port: int,
    log: Path,
    environment: Mapping[str, str] | None = None,
    health: str = "/healthz",
    core: int = SERVER_CORE,
) -> RunningServer:
    """Starts `command` on the server's core and waits for 200 at `health`.

    Raises RuntimeError with the end of its log when it gives no answer in time.
    """
    with log.open("wb") as output:
        began = time.perf_counter()
        process = subprocess.Popen(
            pinned(core, command), stdout=output, stderr=output, env={**os.environ, **(environment or {})}
        )
    while time.perf_counter() - began < START_DEADLINE and process.poll() is None:
        if _answers(port, health):
            return RunningServer(process, port, time.perf_counter() - began)
        time.sleep(_PROBE_PAUSE)
    process.kill()
    process.wait()
    raise RuntimeError(f"{' '.join(command)} gave no answer:\n{log.read_text(errors='replace')[-4000:]}")


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=START_DEADLINE)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _proportional_set_size(process: int) -> int:
    for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"no Pss in smaps_rollup of {process}")
