"""A clean checkout: the image is built on a machine without git and compilers, and bin/audit needs no preparation.

The tests have no Docker daemon, so the steps of deploy/Dockerfile run in empty folders, with the tools of its base.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from support.browser import find_chromium
from support.fixture_site import FixtureSite, plain_page
from support.ports import free_port

ROOT = Path(__file__).parents[2]

ABSENT = re.compile(r"(.*-)?(git|node|npm|npx|cc|c89|c99|gcc|g\+\+|c\+\+|cpp|clang|make|cmake|cargo|rustc)([-.\d].*)?")
"""Programs that the image's base does not have."""

START_SECONDS = 60


class Instruction(NamedTuple):
    """An instruction of a Dockerfile without its continuation marks."""

    name: str
    arguments: str


def stages() -> list[list[Instruction]]:
    """Return the instructions of each stage of the Dockerfile, from its FROM on."""
    text = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
    joined = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE))
    found: list[list[Instruction]] = []
    for line in filter(None, map(str.strip, joined.splitlines())):
        name, _, arguments = line.partition(" ")
        if name == "FROM":
            found.append([])
        found[-1].append(Instruction(name, arguments.strip()))
    return found


def tracked_files() -> list[str]:
    """Return the files that the build context contains: those of the commit that the ignore file lets in."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    rules = (ROOT / "deploy" / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    let_in = {rule[1:] for rule in rules if rule.startswith("!")}
    return [name for name in listed.splitlines() if name.partition("/")[0] in let_in]


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A PATH with the programs of this machine, except those that the image's base does not have."""
    folder = tmp_path / "programs"
    folder.mkdir()
    for source in ("/usr/bin", "/bin", "/usr/local/bin", str(Path(sys.base_prefix) / "bin")):
        for program in Path(source).glob("*"):
            link = folder / program.name
            if not ABSENT.fullmatch(program.name) and not link.exists():
                link.symlink_to(program)
    assert shutil.which("python3", path=str(folder))
    assert [name for name in ("git", "node", "npm", "gcc", "cc") if shutil.which(name, path=str(folder))] == []
    return folder


def run(command: str, folder: Path, environment: dict[str, str]) -> None:
    """Run a command of the Dockerfile, and show its output if it fails."""
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}"


def copy_sources(instruction: Instruction, source: Path) -> None:
    """Do a COPY of the build stage. Each copies a name of the checkout's root to the same name."""
    *names, target = instruction.arguments.split()
    assert target == "./" or names == [target.removeprefix("./")]
    for name in tracked_files():
        if name.partition("/")[0] in names:
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, source / name)


def test_image_builds_without_git_and_compilers_and_its_server_runs(programs: Path, tmp_path: Path) -> None:
    build, final = stages()
    source, wheels, home = tmp_path / "source", tmp_path / "wheels", tmp_path / "home"
    for folder in (source, home):
        folder.mkdir()
    environment = {"PATH": str(programs), "HOME": str(home), "LANG": "C.UTF-8"}
    environment |= {
        name: value for name, value in os.environ.items() if name.startswith(("PIP_", "NPM_", "npm_", "SSL_"))
    }
    for instruction in build:
        if instruction.name == "COPY":
            copy_sources(instruction, source)
        elif instruction.name == "RUN":
            run(instruction.arguments.replace("/wheels", str(wheels)), source, environment)
    assert not (source / ".git").exists()
    assert sorted(wheels.glob("crumbless-*.whl"))

    installed = tmp_path / "image"
    venv.create(installed, with_pip=True, symlinks=True)
    [install] = [instruction.arguments for instruction in final if instruction.name == "RUN"]
    [pip] = re.findall(r"pip install [^&]+", install)
    run(pip.replace("/wheels", str(wheels)), home, environment | {"PATH": f"{installed / 'bin'}:{programs}"})

    [entry] = [json.loads(instruction.arguments) for instruction in final if instruction.name == "ENTRYPOINT"]
    [command] = [json.loads(instruction.arguments) for instruction in final if instruction.name == "CMD"]
    port = free_port()
    settings = {"CRUMBLESS_HOST": "127.0.0.1", "CRUMBLESS_PORT": str(port)}
    bare = {"PATH": str(installed / "bin"), "HOME": str(home)} | settings
    with subprocess.Popen([str(installed / "bin" / entry[0]), *command], cwd=home, env=bare) as server:
        try:
            assert is_healthy(port, server)
        finally:
            server.terminate()


def is_healthy(port: int, server: "subprocess.Popen[bytes]") -> bool:
    """Return whether the server becomes healthy before it ends or the time is up."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/healthz").json() == {"ok": True}
        except httpx.TransportError:
            time.sleep(0.1)
    return False


@pytest.fixture
def site() -> Iterator[FixtureSite]:
    made = FixtureSite()
    made.pages = {"/": plain_page(html="<p>Nothing is stored here.</p>")}
    yield made
    made.close()


def test_audit_runs_from_a_clean_clone_with_one_command(site: FixtureSite, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(clone)], check=True)
    done = subprocess.run(
        [clone / "bin" / "audit", site.url("/"), "--json"],
        cwd=tmp_path,
        env=os.environ | {"CRUMBLESS_TEST_CHROMIUM": find_chromium()},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["clean"]
