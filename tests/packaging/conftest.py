"""Starts a demo from a command line, as a newcomer does, and reads its output."""

import contextlib
import json
import queue
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, NamedTuple

import pytest

READY_SECONDS = 30


class Told(NamedTuple):
    """The one line of `--json`."""

    shop: str
    desk: str
    mailbox: str
    email: str
    password: str


class Demo:
    """A running demo. `told` waits until it is ready."""

    def __init__(self, process: subprocess.Popen[str], out: IO[str], err: IO[str]) -> None:
        self.process = process
        self._out = out
        self._err = err

    def told(self) -> Told:
        """Return the addresses and the sign-in. Fails with the demo's output if it ends instead."""
        lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=lambda: lines.put(self._out.readline()), daemon=True).start()
        line = lines.get(timeout=READY_SECONDS)
        assert line, self._err.read()
        return Told(**json.loads(line))

    def stop(self, signal_number: int, seconds: float) -> tuple[int, str]:
        """Return its exit code and the rest of stdout. Raises TimeoutExpired if it does not end in time."""
        self.process.send_signal(signal_number)
        return self.process.wait(timeout=seconds), self._out.read()


StartDemo = Callable[[Sequence[str | Path], Path, Mapping[str, str]], Demo]


@pytest.fixture
def start_demo() -> Iterator[StartDemo]:
    """Starts a command in a folder with an environment; what still runs at the end of the test is killed."""
    with contextlib.ExitStack() as running:

        def start(command: Sequence[str | Path], folder: Path, environment: Mapping[str, str]) -> Demo:
            process = subprocess.Popen(
                list(command),
                cwd=folder,
                env=dict(environment),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            running.enter_context(process)
            running.callback(process.kill)
            assert process.stdout
            assert process.stderr
            return Demo(process, process.stdout, process.stderr)

        yield start
