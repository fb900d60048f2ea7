"""Installed packages are the locked ones: version and hash of each, from the machine's own registry."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))

HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}$")
ADDRESS = re.compile(r"://|--(?:extra-)?index-url|--find-links|\s@\s|^-[if]\b")


def pins(lock: Path) -> list[str]:
    """Return one string for each locked package: its version, marker and hashes."""
    joined = lock.read_text(encoding="utf-8").replace("\\\n", " ")
    return [line.strip() for line in joined.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def locked_versions(lock: Path) -> dict[str, str]:
    requirements = [Requirement(pin.split(" --hash")[0]) for pin in pins(lock)]
    return {canonicalize_name(one.name): str(one.specifier).removeprefix("==") for one in requirements}


def wanted_names(lock: Path) -> set[str]:
    lines = [line.strip() for line in lock.with_suffix(".in").read_text(encoding="utf-8").splitlines()]
    return {canonicalize_name(Requirement(line).name) for line in lines if line and line[0] not in "-#"}


def read_json(name: str) -> dict[str, Any]:
    return json.loads((ROOT / name).read_text(encoding="utf-8"))


def test_every_purpose_has_a_lock() -> None:
    assert {lock.stem for lock in LOCKS} == {"run", "build", "dev", "node", "audit"}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_python_package_is_pinned_with_hashes(lock: Path) -> None:
    loose = [pin for pin in pins(lock) if not re.match(r"[\w.-]+(?:\[[\w,-]+\])?==[^\s*]+\s", pin)]
    unhashed = [pin for pin in pins(lock) if not all(map(HASH.match, pin.split()[-1:]))]
    assert (loose, unhashed) == ([], [])


@pytest.mark.parametrize("script", ["bin/lib/environment_prepare.sh", "deploy/Dockerfile"])
def test_packages_without_a_wheel_are_built_by_locked_tools(script: str) -> None:
    """With build isolation pip would fetch the newest build tools, and check no hash."""
    text = (ROOT / script).read_text(encoding="utf-8").replace("\\\n", " ")
    installs = [line for line in text.splitlines() if re.search(r"\bpip (?:install|wheel)\b", line)]
    assert len(installs) > 1
    wheels_only = ("--no-build-isolation", "--no-index", "requirements/build.txt", "requirements/node.txt")
    assert [line for line in installs if not any(flag in line for flag in wheels_only)] == []
    assert "setuptools" in locked_versions(ROOT / "requirements" / "build.txt")


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_no_python_lock_names_a_registry(lock: Path) -> None:
    assert [line for line in lock.read_text(encoding="utf-8").splitlines() if ADDRESS.search(line)] == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_python_lock_contains_the_required_packages(lock: Path) -> None:
    assert wanted_names(lock) - set(locked_versions(lock)) == set()


def test_locks_that_are_installed_together_agree() -> None:
    together = [locked_versions(lock) for lock in LOCKS]
    versions = {(name, version) for lock in together for name, version in lock.items()}
    names = [name for name, _ in versions]
    assert sorted({name for name in names if names.count(name) > 1}) == []


def test_wheel_requires_the_locked_versions() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    requirements = [Requirement(line) for line in project["dependencies"]]
    locked = locked_versions(ROOT / "requirements" / "run.txt")
    assert {canonicalize_name(one.name) for one in requirements} == wanted_names(ROOT / "requirements" / "run.txt")
    assert [str(one) for one in requirements if not one.specifier.contains(locked[canonicalize_name(one.name)])] == []


def test_no_javascript_package_names_a_registry() -> None:
    packages = read_json("package-lock.json")["packages"]
    assert [name for name, one in packages.items() if "resolved" in one] == []
    assert "://" not in "".join(json.dumps(without_links(one)) for one in packages.values())


def without_links(package: dict[str, Any]) -> dict[str, Any]:
    """Return a locked package without its funding URL, the only URL that is allowed there."""
    return {key: value for key, value in package.items() if key != "funding"}


def test_every_javascript_package_has_a_hash() -> None:
    packages = read_json("package-lock.json")["packages"]
    installed = {name: one for name, one in packages.items() if name and not one.get("inBundle")}
    assert len(installed) > 10
    assert [name for name, one in installed.items() if not one.get("integrity", "").startswith("sha512-")] == []


def test_every_javascript_package_is_locked_for_every_platform() -> None:
    """npm omits packages that its registry lacked when the lock was made, and then refuses that lock."""
    packages = read_json("package-lock.json")["packages"]
    names = {name.rpartition("node_modules/")[2] for name in packages}
    optional = {name for one in packages.values() for name in one.get("optionalDependencies", {})}
    assert optional
    assert optional - names == set()


def test_javascript_packages_are_required_by_exact_version() -> None:
    manifest, root = read_json("package.json"), read_json("package-lock.json")["packages"][""]
    for kind in ("dependencies", "devDependencies"):
        assert manifest[kind] == root[kind]
        assert [name for name, version in manifest[kind].items() if not re.fullmatch(r"\d+\.\d+\.\d+", version)] == []
