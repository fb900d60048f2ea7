"""The nightly backup. Separate processes write and verify it, so that chats do not wait for it."""

import asyncio
import contextlib
import logging
import os
import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from crumbless.core.ids import now_ms
from crumbless.core.settings import BackupSettings
from crumbless.tasks.task import Task, TaskFailed, TaskKind
from crumbless.tasks.task_runner import TaskHandler

_is_own = re.compile(r"crumbless-\d{8}-\d{6}\.db", re.ASCII).fullmatch
"""Only files with such a name are ever deleted."""

_MAX_REASON = 300

log = logging.getLogger("crumbless.backup")


class NightlyBackup:
    """Runs tasks of the kind "backup": one new file each night. A limited number of files is retained."""

    def __init__(self, settings: BackupSettings, database_url: str) -> None:
        self._settings = settings
        self._database_url = database_url
        self._folder = Path(settings.backup_folder)

    async def __call__(self, _task: Task) -> int:
        """Write a backup, verify it, delete the oldest, and return when the next is due. Raises TaskFailed."""
        file = self._folder / f"crumbless-{datetime.now(UTC):%Y%m%d-%H%M%S}.db"
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            await self._run("backup", file)
            try:
                await self._run("verify", file)
            except BaseException:
                file.unlink(missing_ok=True)
                raise
            self._remove_oldest()
        except OSError as error:
            raise TaskFailed(f"the nightly backup failed: {error.strerror}") from None
        except TaskFailed as failed:
            log.warning("%s", failed)
            raise
        log.info("created and verified the backup %s", file.name)
        return next_time(self._settings.backup_time, now_ms())

    async def _run(self, command: str, file: Path) -> None:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "crumbless",
            command,
            str(file),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            env=os.environ | {"CRUMBLESS_DATABASE_URL": self._database_url},
        )
        try:
            _, stderr = await process.communicate()
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
                file.with_name(file.name + ".part").unlink(missing_ok=True)
        if process.returncode != 0:
            reason = stderr.decode("utf-8", "replace").strip().rpartition("\n")[2].removeprefix("crumbless: ")
            raise TaskFailed(f"the nightly backup failed: {reason[:_MAX_REASON]}")

    def _remove_oldest(self) -> None:
        """Delete the oldest backups. Called only after the newest is verified; the newest is never deleted."""
        own = sorted(path for path in self._folder.iterdir() if _is_own(path.name))
        for path in own[: -self._settings.backup_keep]:
            path.unlink()


def backup_of(settings: BackupSettings, database_url: str) -> dict[TaskKind, TaskHandler]:
    """Return the handler of the nightly backup, if the settings name a folder for it."""
    return {"backup": TaskHandler(NightlyBackup(settings, database_url))} if settings.backup_folder else {}


def next_time(clock: str, now: int) -> int:
    """Return when it is next this time of the day (HH:MM, UTC), in milliseconds."""
    hour, minute = (int(part) for part in clock.split(":"))
    at = datetime.fromtimestamp(now / 1000, UTC)
    due = at.replace(hour=hour, minute=minute, second=0, microsecond=0)
    return int((due if due > at else due + timedelta(days=1)).timestamp() * 1000)
