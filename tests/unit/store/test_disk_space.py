"""Free space is read where the data will be, and a trial write is of real size and leaves nothing behind."""

import os
from pathlib import Path

import pytest

from crumbless.store.database_sqlite import sqlite_path, write_once
from crumbless.store.disk_space import TRIAL_BYTES, DiskSpace, free_bytes, write_trial
from crumbless.store.ledger_batch import WriteRequest
from crumbless.store.ledger_sqlite import SqliteBatchWriter


def test_free_space_of_a_folder_that_does_not_exist_is_that_of_its_disk(tmp_path: Path) -> None:
    found = free_bytes(tmp_path / "not" / "yet")
    assert found is not None
    # Others write to the same disk meanwhile.
    assert abs(found - os.statvfs(tmp_path).f_bavail * os.statvfs(tmp_path).f_frsize) < 1_000_000_000


@pytest.mark.parametrize(("free", "low"), [(None, False), (99, True), (100, False)])
def test_less_than_the_least_is_low(free: int | None, low: bool) -> None:
    assert DiskSpace([], 100).is_low(free) == low


def test_without_a_folder_there_is_nothing_to_report() -> None:
    assert DiskSpace([], 100).free() is None


def test_a_trial_is_of_real_size_and_leaves_nothing_behind(database_url: str) -> None:
    log = sqlite_path(database_url).with_name(sqlite_path(database_url).name + "-wal")
    writer = SqliteBatchWriter(database_url)
    try:
        before = log.stat().st_size if log.exists() else 0
        writer.commit([WriteRequest(None, write_trial, lambda _outcome: None)])
        assert log.stat().st_size - before >= TRIAL_BYTES
    finally:
        writer.close()
    kept = write_once(database_url, lambda one: one.exec_driver_sql("SELECT count(*) FROM task").scalar_one())
    assert kept == 0
