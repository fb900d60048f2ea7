"""The documents and the code agree on codes, frames, settings, commands and files."""

import ast
import fnmatch
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from babel import Locale

from crumbless.cli.lazy_command import LazyCommand
from crumbless.cli.main import app
from crumbless.core.errors import ERROR_SPECS
from crumbless.core.settings import CONFIG_FILE, PREFIX, SECTION_OF, SECTIONS, TEST_PREFIX
from crumbless.protocol import frames
from crumbless.protocol.timeline import ENTRY_DATA, VISIBLE_KINDS
from crumbless.routes import ROUTES
from crumbless.wire_modules import WIRES

ROOT = Path(__file__).parents[2]
PROTOCOL = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
SOURCES = sorted((ROOT / "src" / "crumbless").rglob("*.py"))
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "bench").glob("*.md")])

WEBSOCKET = {("GET /v1/stream", "")}
"""Answered before the route table, by the WebSocket's protocol class."""

FOR_PEOPLE = {("GET", ""), ("GET /favicon.svg", "")}
"""Requested by browsers themselves. No client needs it."""

CODE_WORD = re.compile(r"`([a-z_]+)`")

FILE_PATH = re.compile(
    r"`((?:[\w.*-]+/)+[\w.*-]*|[\w.*-]+\.(?:py|pyi|ts|tsx|css|mjs|sh|toml|json|jinja|md|txt|html))`", re.ASCII
)
"""A path in backticks: it has a slash, or the ending of a file."""


def all_rows(first_cell: str) -> list[list[str]]:
    """Return the rows of every table with this heading in any document of docs/."""
    texts = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").glob("*.md"))]
    heading = f"\n| {first_cell} |"
    return [row for text in texts for part in text.split(heading)[1:] for row in rows(first_cell, f"{heading}{part}")]


def rows(first_cell: str, text: str = PROTOCOL) -> list[list[str]]:
    """Return the cells of the table whose heading starts with `first_cell`, without its heading."""
    lines = text.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(f"| {first_cell} |"))
    body = lines[start + 2 :]
    end = next((number for number, line in enumerate(body) if not line.startswith("|")), len(body))
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in body[:end]]


def ops(frames: object) -> set[str]:
    """Return the `op` of each frame of a union."""
    return {str(frame.__struct_config__.tag) for frame in get_args(frames)}


def constants(kind: type) -> list[object]:
    """Return every literal of a type in the sources except errors.py."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES if path.name != "errors.py"]
    nodes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    return [node.value for node in nodes if type(node.value) is kind]


def is_ignored_by_git(name: str) -> bool:
    return subprocess.run(["git", "check-ignore", "--quiet", f"{name}/"], cwd=ROOT, check=False).returncode == 0


def stream_codes() -> set[str]:
    section = PROTOCOL.partition("### Errors in the stream")[2]
    return {row[0].strip("`") for row in rows("code", section)}


def problem_codes() -> dict[str, int]:
    return {code: int(row[0]) for row in all_rows("status") for code in CODE_WORD.findall(row[1])}


def close_codes() -> set[int]:
    section = PROTOCOL.partition("### Close codes")[2]
    return {int(row[0]) for row in rows("code", section)}


def test_every_frame_is_documented() -> None:
    assert {op for row in rows("client sends") for op in CODE_WORD.findall(row[0])} == ops(frames.AnyClientFrame)
    assert {op for row in rows("server sends") for op in CODE_WORD.findall(row[0])} == ops(frames.AnyServerFrame)


def test_every_kind_of_entry_is_documented() -> None:
    documented = {CODE_WORD.findall(row[0])[0]: row[2] == "yes" for row in rows("kind")}
    assert documented == {kind: kind in VISIBLE_KINDS for kind in ENTRY_DATA}


@pytest.mark.parametrize("name", ["texts.md", "consent.md"])
def test_every_language_is_named(name: str) -> None:
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    tags = [path.name for path in (ROOT / "web" / "locales").iterdir() if path.is_dir()]
    names = [str(Locale.parse(tag).get_language_name("en")) for tag in tags]
    assert len(names) > 10
    assert [language for language in names if language not in text] == []


def test_every_refusal_is_documented() -> None:
    assert stream_codes() | set(problem_codes()) == set(ERROR_SPECS)


def test_every_refusal_has_the_documented_status() -> None:
    documented = problem_codes()
    assert {code: ERROR_SPECS[code].status for code in documented} == documented


def test_every_refusal_is_used() -> None:
    assert set(ERROR_SPECS) - set(constants(str)) == set()


def test_every_close_code_is_documented() -> None:
    own = {code for code in close_codes() if code >= 4000}
    assert {code for code in constants(int) if isinstance(code, int) and 4400 <= code <= 4499} == own


def test_browser_code_knows_only_documented_close_codes() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "web" / "stream").glob("*.ts")))
    known = {int(code) for code in re.findall(r"\b(4[34]\d\d)\b", source)}
    assert 4401 in known
    assert known - close_codes() == set()


def test_limits_are_documented() -> None:
    assert f"{frames.MAX_TEXT:,} code points" in PROTOCOL
    assert f"{frames.MAX_FRAME // 1024} KiB" in PROTOCOL
    assert f"after {frames.PING_SECONDS} seconds without sending" in PROTOCOL


def route_of(path: str) -> str:
    """Return a documented or declared path with `*` for parameters, without its query and closing slash."""
    without_query = path.partition("?")[0].rstrip("/ ")
    return re.sub(r"/(?:\{\w+\}|[A-Z]+(?:\.js)?)(?=/|$)", "/*", without_query)


def test_every_route_is_documented() -> None:
    cells = [(row[0].strip("`"), row[1]) for row in all_rows("method and path")]
    documented = {(route_of(path), "operator" if who == "operator" else "") for path, who in cells}
    declared = {
        (route_of(f"{route.method} {route.path}"), "operator" if route.who == "operator" else "") for route in ROUTES
    }
    assert documented - WEBSOCKET == declared - FOR_PEOPLE


def test_documented_wire_types_exist() -> None:
    cells = " ".join(row[2] for row in all_rows("method and path"))
    names = re.findall(r"`([A-Z]\w+)`", cells)
    assert len(names) > 5
    assert [name for name in names if not any(hasattr(module, name) for module in WIRES)] == []


def test_settings_are_documented_in_their_sections() -> None:
    _, *parts = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8").split("\n## ")
    documented = {
        part.partition("\n")[0].lower().replace(" ", "_"): re.findall(rf"^\| `{PREFIX}(\w+)`", part, re.MULTILINE)
        for part in parts
    }
    assert documented == {
        name: [field.name.upper() for field in msgspec.structs.fields(section)] for name, section in SECTIONS.items()
    }


def test_every_setting_is_documented() -> None:
    settings = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    names = {f"{PREFIX}{name.upper()}" for name in SECTION_OF} | {CONFIG_FILE}
    assert set(re.findall(rf"`({PREFIX}\w+)`", settings)) == names


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_document_names_only_existing_settings(document: Path) -> None:
    known = {name.upper() for name in SECTION_OF} | {CONFIG_FILE.removeprefix(PREFIX)}
    named = set(re.findall(rf"\b{PREFIX}([A-Z_]*[A-Z])\b", document.read_text(encoding="utf-8")))
    known |= {"CONSENT_EXTERNAL"}  # A name in the browser: docs/consent.md, "Your own consent tool".
    assert {name for name in named if not f"{PREFIX}{name}".startswith(TEST_PREFIX)} - known == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_that_a_document_links_to_exist(document: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", document.read_text(encoding="utf-8"))
    local = [target for target in targets if "://" not in target and not target.startswith("mailto:")]
    assert [target for target in local if not (document.parent / target).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_that_a_document_names_exist(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    named = re.findall(r"`((?:bin|src|web|tools|tests|docs|bench)/[\w./-]*\w)`", text)
    missing = [name for name in named if not (ROOT / name).exists()]
    assert [name for name in missing if not is_ignored_by_git(name)] == []


def tracked_paths() -> set[str]:
    """Return the files of the repository and their folders."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    files = [name for name in listing.stdout.splitlines() if (ROOT / name).exists()]
    return {*files, *(str(folder) for name in files for folder in Path(name).parents)}


def missing_paths(text: str) -> list[str]:
    """Return the paths in backticks that exist neither in the repository nor below src/crumbless.

    A file may be named without its folder. `*` and words in capitals stand for any name.
    """
    known = tracked_paths()

    def exists(path: str) -> bool:
        pattern = re.sub("[A-Z]{2,}", "*", path.rstrip("/"))
        patterns = (pattern, f"src/crumbless/{pattern}" if "/" in path else f"*/{pattern}")
        return path in known or any(fnmatch.filter(known, one) for one in patterns)

    return [path for path in FILE_PATH.findall(text) if not exists(path)]


@pytest.mark.parametrize("name", ["ARCHITECTURE.md", "CONTRIBUTING.md"])
def test_every_path_of_the_guides_exists(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert len(FILE_PATH.findall(text)) > 30
    assert missing_paths(text) == []


@pytest.mark.parametrize(
    ("path", "exists"),
    [
        ("ledger/ledger.py", True),
        ("tests/house", True),
        ("web/desk/state/", True),
        ("SUBJECT/*_api.py", True),
        ("web/locales/LANGUAGE/storage.json", True),
        ("ledger/ledger_gone.py", False),
        ("message_send.py", True),
        ("gone_send.py", False),
        ("web/desk/gone/", False),
        ("SUBJECT/*_gone.py", False),
    ],
)
def test_missing_path_is_found(path: str, exists: bool) -> None:
    assert FILE_PATH.findall(f"`{path}`") == [path]
    assert missing_paths(f"`{path}`") == ([] if exists else [path])


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_that_a_document_names_exist(document: Path) -> None:
    named = re.findall(r"`crumbless ([a-z-]+(?: [a-z-]+)?)", document.read_text(encoding="utf-8"))
    assert [command for command in sorted(set(named)) if not is_command(command.split())] == []


def is_command(words: list[str]) -> bool:
    """Return whether a command of these words exists. Words after a complete command are its arguments."""
    found: Any = app
    for word in words:
        if not hasattr(found, "commands"):
            return True
        found = found.commands.get(word)
        if found is None:
            return False
        if isinstance(found, LazyCommand):
            found = found.load()
    return True


def test_readme_contains_the_first_steps() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert {"bin/demo", "bin/test"} <= set(re.findall(r"\bbin/\w+", readme))
    assert shutil.which(str(ROOT / "bin" / "demo"))
    assert "/w/SITEKEY.js" in readme
