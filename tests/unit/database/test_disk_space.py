"""Free space is read on the disk of the data."""

import os
from pathlib import Path

import pytest

from crumbless.database.disk_space import DiskSpace, free_bytes


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
