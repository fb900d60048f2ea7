"""An invalid storage.toml stops the build with its line, its schema finds the faults, and lint refuses other access."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from crumbless.device_storage.storage_registry import RegistryError

ROOT = Path(__file__).parents[2]
SOURCE = (ROOT / "storage.toml").read_text(encoding="utf-8")


def load_tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate_storage", ROOT / "tools" / "generate_storage.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


TOOL = load_tool()


def planted(old: str, new: str) -> tuple[str, int]:
    """Return the project's registry with its first `old` replaced, and the line of that."""
    assert old in SOURCE
    return SOURCE.replace(old, new, 1), SOURCE[: SOURCE.index(old)].count("\n") + 1


def test_schema_accepts_the_registry() -> None:
    TOOL.check_schema(SOURCE)


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ('mechanism = "sessionStorage"', 'mechanism = "a drawer"', "mechanism"),
        ('surfaces = ["loader"]', 'surfaces = ["moon"]', "surfaces"),
        ('surfaces = ["loader"]', "surfaces = []", "surfaces"),
        ('lifetime = "24h"', 'lifetime = "for ever"', "lifetime"),
        ('lifetime = "24h"', "lifetime = 24", "lifetime"),
        ('lifetime = "24h"\n', "", "item[0]"),
        ('name = "open"\n', 'name = "open"\ncolour = "red"\n', "item[0]"),
        ('key = "crumbless.open.{site}"', 'key = "crumbless open"', "key"),
        ('fallback = "sessionStorage"', 'fallback = "a shelf"', "fallback"),
        ("number = 1\n", "number = 0\n", ".number"),
    ],
)
def test_schema_refuses_an_invalid_registry(old: str, new: str, place: str) -> None:
    source, _ = planted(old, new)
    with pytest.raises(RegistryError) as refused:
        TOOL.check_schema(source)
    assert place in str(refused.value)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a checkout with the files that the build step of the browser code needs."""
    for folder in ("bin/lib", "tools", "web/storage", "web/wire"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    for name in ("storage.toml", "storage.schema.json", "package-lock.json"):
        shutil.copy(ROOT / name, tmp_path / name)
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    return tmp_path


def build(checkout: Path) -> subprocess.CompletedProcess[str]:
    """Run the step of bin/build, bin/demo, bin/dev and bin/test. It installs nothing and builds no browser code."""
    script = (
        "set -euo pipefail; . bin/lib/environment_prepare.sh; install_node_packages() { fail 'checked'; }; build_web"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    return subprocess.run(
        ["bash", "-c", script], cwd=checkout, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_valid_registry_passes_the_build(checkout: Path) -> None:
    built = build(checkout)
    assert "Checking storage.toml … done" in built.stderr
    assert built.stderr.rstrip().endswith("checked")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('lifetime = "24h"', 'lifetime = "for ever"', "for ever|matching regex"),
        ('cleared = ["fold", "end", "erase", "tab"]', 'cleared = ["end"]', 'is cleared with the "tab"'),
        ('mechanism = "localStorage"', 'mechanism = "cookie"', "only vendors' items can be cookies"),
    ],
)
def test_invalid_registry_stops_the_build_with_its_line(checkout: Path, old: str, new: str, message: str) -> None:
    source, line = planted(old, new)
    (checkout / "storage.toml").write_text(source, encoding="utf-8")
    built = build(checkout)
    assert built.returncode == 1
    assert f"storage.toml, line {line}: " in built.stderr
    assert any(words in built.stderr for words in message.split("|"))
    assert "checked" not in built.stderr.splitlines()


def test_outdated_generated_browser_code_stops_the_build(checkout: Path) -> None:
    made = checkout / "web" / "storage" / "storage_registry.ts"
    made.write_text(made.read_text(encoding="utf-8").replace("86_400_000", "86_400_001"), encoding="utf-8")
    built = build(checkout)
    assert built.returncode == 1
    assert "web/storage/storage_registry.ts is out of date" in built.stderr


DOORS = ["localStorage", "sessionStorage", "indexedDB", "caches", "cookieStore"]


def lint(folder: Path, path: str, source: str) -> set[str]:
    """Return the storage APIs that the project's lint rules refuse in a file at this path."""
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(source, encoding="utf-8")
    shutil.copy(ROOT / "biome.json", folder / "biome.json")
    biome = ROOT / "node_modules" / ".bin" / "biome"
    ran = subprocess.run(
        [biome, "lint", "--reporter=json", "--max-diagnostics=200", path],
        cwd=folder, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    diagnostics = json.loads(ran.stdout)["diagnostics"]
    refused = [json.dumps(one) for one in diagnostics if one["category"] == "lint/style/noRestrictedGlobals"]
    assert bool(refused) == bool(ran.returncode), ran.stdout
    return {door for door in DOORS if any(door in one for one in refused)}


@pytest.mark.parametrize("door", DOORS)
def test_lint_refuses_storage_access_outside_the_store(tmp_path: Path, door: str) -> None:
    use = f"export const door = () => {door};\n"
    for path in ("web/desk/planted.ts", "web/stored_data/storage_elsewhere.ts", "web/policy/planted.tsx"):
        assert lint(tmp_path, path, use) == {door}
    assert lint(tmp_path, "web/desk/planted.ts", "export const door = () => 1;\n") == set()


def test_lint_allows_storage_access_in_the_store(tmp_path: Path) -> None:
    assert lint(tmp_path, "web/storage/storage_backends.ts", "export const door = () => localStorage;\n") == set()


def test_only_the_store_imports_its_internals() -> None:
    below = ("storage_backends", "storage_indexeddb", "storage_sync")
    files = [path for kind in ("ts", "tsx") for path in (ROOT / "web").rglob(f"*.{kind}") if ".test." not in path.name]
    sources = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in files}
    importers = {name for name, text in sources.items() if any(f'/{one}"' in text for one in below)}
    assert "web/storage/storage.ts" in importers
    assert {name for name in importers if not name.startswith("web/storage/")} == set()
