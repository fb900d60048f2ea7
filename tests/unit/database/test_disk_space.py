"""Free space is read on the disk of the data, and a trial write has a real size and leaves no file behind."""

import os
from pathlib import Path

import pytest

from crumbless.database.database_sqlite import sqlite_path, write_once
from crumbless.database.disk_space import TRIAL_BYTES, DiskSpace, free_bytes, write_trial
from crumbless.ledger.ledger_batch import WriteRequest
from crumbless.ledger.ledger_sqlite import SqliteBatchWriter


def test_free_space_of_a_missing_folder_is_that_of_its_disk(tmp_path: Path) -> None:
    found = free_bytes(tmp_path / "not" / "yet")
    assert found is not None
    # Other processes write to the same disk in the meantime.
    assert abs(found - os.statvfs(tmp_path).f_bavail * os.statvfs(tmp_path).f_frsize) < 1_000_000_000


@pytest.mark.parametrize(("free", "low"), [(None, False), (99, True), (100, False)])
def test_less_than_the_minimum_is_low(free: int | None, low: bool) -> None:
    assert DiskSpace([], 100).is_low(free) == low


def test_without_a_folder_there_is_no_report() -> None:
    assert DiskSpace([], 100).free() is None


def test_trial_write_has_a_real_size_and_leaves_no_file(database_url: str) -> None:
    log = sqlite_path(database_url).with_name(sqlite_path(database_url).name + "-wal")
    writer = SqliteBatchWriter(database_url)
    try:
        before = log.stat().st_size if log.exists() else 0
        writer.commit([WriteRequest(None, write_trial, lambda _outcome: None)])
        assert log.stat().st_size - before >= TRIAL_BYTES
    finally:
        writer.close()
    count = write_once(database_url, lambda one: one.exec_driver_sql("SELECT count(*) FROM task").scalar_one())
    assert count == 0
