"""The wheel is the whole product: an empty environment without Node.js and without a checkout runs the demo of it."""

import json
import re
import signal
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import httpx
import pytest
from tests.packaging.conftest import StartDemo

from support.people import BUSY_MACHINE

ROOT = Path(__file__).parents[2]
STOP_SECONDS = 2 + BUSY_MACHINE

DATA = ("jinja", "toml", "txt", "html", "svg")
"""Kinds of files, other than Python, in the folder of the code that reads them."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel as bin/build makes it."""
    folder = tmp_path_factory.mktemp("dist")
    run(ROOT / "bin" / "build", folder)
    [built] = folder.glob("crumbless-*.whl")
    return built


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that holds the locked packages and the wheel, and nothing else; not even pip."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=True)
    pip = (sys.executable, "-m", "pip", "--python", folder, "install", "--quiet", "--no-compile")
    run(*pip, "--no-deps", "--require-hashes", "-r", ROOT / "requirements" / "run.txt")
    run(*pip, "--no-deps", "--no-index", wheel)
    return folder


def run(*command: object) -> None:
    """Run a command, and show its output if it fails."""
    done = subprocess.run(
        [str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def names_in(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_the_wheel_holds_everything(wheel: Path) -> None:
    names = names_in(wheel)
    needed = {
        "web_dist/manifest.json",
        "web_dist/loader.js",
        "storage.toml",
        "server_data.toml",
        "py.typed",
        "cli/main.py",
        "protocol/frames.py",
    }
    assert {f"crumbless/{name}" for name in needed} <= names
    sources = {path.relative_to(ROOT / "src").as_posix() for path in (ROOT / "src").rglob("*.py")}
    assert sources <= names
    data = {path.relative_to(ROOT / "src").as_posix() for kind in DATA for path in (ROOT / "src").rglob(f"*.{kind}")}
    assert "crumbless/pages/page.html.jinja" in data
    assert "crumbless/accounts/frequent_passwords.txt" in data
    assert data <= names
    locales = ROOT / "web" / "locales"
    texts = {f"crumbless/locales/{path.relative_to(locales).as_posix()}" for path in locales.rglob("*.json")}
    assert "crumbless/locales/en/policy.json" in texts
    assert texts <= names
    assert any("/migrations/versions/" in name for name in names)


def test_the_wheel_holds_every_built_file(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        manifest: dict[str, dict[str, str]] = json.loads(archive.read("crumbless/web_dist/manifest.json"))
    built = {f"crumbless/web_dist/{path}" for files in manifest.values() for path in files.values()}
    assert len(built) >= 5
    assert built <= names_in(wheel)


def test_the_wheel_holds_nothing_else(wheel: Path) -> None:
    assert {name.split("/")[0].split("-")[0] for name in names_in(wheel)} == {"crumbless"}
    assert [name for name in names_in(wheel) if name.endswith((".pyc", ".db", ".ts", ".tsx", ".map"))] == []


def test_demo_runs_from_the_wheel_and_stops_on_a_signal(
    environment: Path, tmp_path: Path, start_demo: StartDemo
) -> None:
    command = [environment / "bin" / "crumbless", "demo", "--json", "--port", "0"]
    bare = {"HOME": str(tmp_path), "PATH": str(environment / "bin"), "LANG": "C.UTF-8"}
    demo = start_demo(command, tmp_path, bare)
    told = demo.told()

    shop = httpx.get(told.shop)
    assert shop.status_code == 200
    assert httpx.get(told.desk).status_code == 200
    found = re.search(r'src="([^"]+/w/[^"]+\.js)"', shop.text)
    assert found, shop.text
    loader = httpx.get(found[1])
    assert loader.status_code == 200
    assert "javascript" in loader.headers["content-type"]
    assert httpx.URL(found[1]).host == httpx.URL(told.desk).host != httpx.URL(told.shop).host

    assert demo.stop(signal.SIGTERM, STOP_SECONDS) == (0, "")
