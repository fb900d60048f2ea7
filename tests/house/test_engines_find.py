"""A browser engine that is missing and cannot be installed makes `bin/test` fail instead of being skipped."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMMANDS = ("firefox-esr", "WebKitWebDriver", "Xvfb")
PACKAGES = "firefox-esr webkit2gtk-driver xvfb"
FIND = '. bin/lib/engines_find.sh; find_engines; echo "$?:$missing_engines"'


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """Return a machine of an ordinary user: the one folder on its PATH."""
    write_command(tmp_path, "id", "echo 1000")
    return tmp_path


def write_command(folder: Path, name: str, body: str) -> None:
    """Put a command into the folder."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o700)


def find_engines(machine: Path) -> str:
    """Return status and missing packages."""
    bash = shutil.which("bash")
    assert bash is not None
    found = subprocess.run(
        [bash, "-c", FIND], cwd=ROOT, env={"PATH": str(machine)}, capture_output=True, text=True, check=True
    )
    return found.stdout.strip()


def test_engines_that_are_present_are_found(machine: Path) -> None:
    for name in COMMANDS:
        write_command(machine, name, "exit 0")
    assert find_engines(machine) == "0:"


def test_missing_engines_are_reported_by_their_packages(machine: Path) -> None:
    assert find_engines(machine) == f"1:{PACKAGES}"


def test_engine_that_does_not_start_is_missing(machine: Path) -> None:
    for name in COMMANDS:
        write_command(machine, name, "exit 0" if name != "WebKitWebDriver" else "exit 1")
    assert find_engines(machine) == "1:webkit2gtk-driver"


def test_bin_test_records_missing_engines_as_a_failed_check() -> None:
    script = (ROOT / "bin/test").read_text(encoding="utf-8")
    assert "record 'tests in Firefox and WebKit' \"missing: $missing_engines\" 0" in script
