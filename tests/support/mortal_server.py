"""The `crumbless` command, killed between a commit and the publication of its events.

The first argument names a file. While the file contains the name of a kind of event, the process kills itself when the
ledger publishes one. `Appended` stands for entries. The file is deleted first, so that the next start survives.
"""

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from crumbless.app import Server
from crumbless.cli.main import app

TRAP = Path(sys.argv.pop(1))


def check_trap(published: Sequence[object]) -> None:
    """Kill this process if the trap is set for one of these."""
    if TRAP.exists() and TRAP.read_text(encoding="utf-8") in {type(one).__name__ for one in published}:
        TRAP.unlink()
        os.kill(os.getpid(), signal.SIGKILL)


class MortalServer(Server):
    """A server that can be killed at this point."""

    def _publish_entries(self, appended: Sequence[object]) -> None:
        check_trap(appended)
        super()._publish_entries(appended)  # pyright: ignore[reportArgumentType]

    def _publish_events(self, events: Sequence[object]) -> None:
        check_trap(events)
        super()._publish_events(events)  # pyright: ignore[reportArgumentType]


if __name__ == "__main__":
    import crumbless.app

    crumbless.app.Server = MortalServer
    app()
