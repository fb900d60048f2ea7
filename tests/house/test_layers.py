"""Imports go down only, including those inside functions and under TYPE_CHECKING."""

import ast
import posixpath
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "crumbless"

LAYERS: list[set[str]] = [
    {
        "errors",
        "exhaustion",
        "ids",
        "log_lines",
        "message_format",
        "periodic",
        "settings",
        "steady_clock",
        "texts",
    },
    {"domain"},
    {"adapters", "live", "store"},
    {"actions"},
    {"api", "jobs"},
    {"app"},
    {"audit", "check", "demo", "database_commands", "people_commands", "status_command", "tag_commands"},
    {"cli"},
    {"__main__"},
]
"""From the bottom up. A part may import from its own and from lower layers' parts."""

GROUND = LAYERS[0]
"""The only layer whose parts may import one another: only app.py joins adapters, live and store."""

WEB_SURFACES = {"loader", "keeper", "frame", "desk", "consent", "policy", "shop", "tags"}
WEB_IMPORT = re.compile(r"""(?:\bfrom|\bimport)\s*\(?\s*["']([^"']+)["']""")

Edge = tuple[str, str]


def height(part: str) -> int:
    for number, parts in enumerate(LAYERS):
        if part in parts:
            return number
    raise AssertionError(f"src/crumbless/{part} is in no layer: give it one in {__file__}")


def allowed(importer: str, imported: str) -> bool:
    """Return whether one part of the package may import from the other."""
    same_layer = height(importer) == height(imported)
    return importer == imported or height(importer) > height(imported) or (same_layer and importer in GROUND)


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_names(tree: ast.AST, module: str) -> Iterator[str]:
    """Return the full names of all imports anywhere in a module, with relative imports resolved."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = module.split(".")[: -node.level] if node.level else []
            origin = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{origin}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
            texts = (argument.value for argument in node.args if isinstance(argument, ast.Constant))
            yield from (text for text in texts if isinstance(text, str))


def python_edges(source: str, module: str) -> list[Edge]:
    """Yield (importing part, imported part) for every import of the package by itself."""
    names = imported_names(ast.parse(source), module)
    inside = [name.split(".") for name in names if name.startswith("crumbless.")]
    importer = module.split(".")[1] if "." in module else "__init__"
    return [(importer, name[1]) for name in inside if name[1] != "__version__"]


def web_edges(source: str, folder: str) -> list[Edge]:
    """Yield (importing surface, imported surface) for every relative import of the browser code in a folder of web/."""
    targets = [target for target in WEB_IMPORT.findall(source) if target.startswith(".")]
    paths = [posixpath.normpath(posixpath.join(folder, target)) for target in targets]
    surface = folder.partition("/")[0]
    return [(surface, path.partition("/")[0]) for path in paths]


def test_python_imports_go_down_only() -> None:
    files = sorted(PACKAGE.rglob("*.py"))
    edges = [
        (module_name(path), *edge)
        for path in files
        for edge in python_edges(path.read_text(encoding="utf-8"), module_name(path))
    ]
    assert edges, "no import found: the test looks in the wrong place"
    wrong = [f"{module}: {a} may not import {b}" for module, a, b in edges if not allowed(a, b)]
    assert wrong == []


def test_every_part_has_a_layer() -> None:
    parts = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"}
    parts |= {path.parent.relative_to(PACKAGE).parts[0] for path in PACKAGE.glob("*/**/*.py")}
    assert {"domain", "store", "settings"} <= parts
    assert {part for part in parts if height(part) < 0} == set()


def test_browser_imports_go_down_only() -> None:
    files = sorted(path for kind in ("ts", "tsx") for path in (ROOT / "web").glob(f"*/**/*.{kind}"))
    files = [path for path in files if ".test." not in path.name and path.parent.name != "support"]
    edges = [
        (str(path.relative_to(ROOT)), *edge)
        for path in files
        for edge in web_edges(path.read_text(encoding="utf-8"), path.parent.relative_to(ROOT / "web").as_posix())
    ]
    assert edges, "no import found: the test looks in the wrong place"
    assert {edge[1] for edge in edges} <= WEB_SURFACES | {"shared"}
    assert [edge for edge in edges if edge[1] != edge[2] and edge[2] != "shared"] == []


@pytest.mark.parametrize(
    ("module", "source", "edge"),
    [
        ("crumbless.store.ledger", "from crumbless.live.feed import Feed", ("store", "live")),
        ("crumbless.domain.entry", "def late():\n    import crumbless.store.tables", ("domain", "store")),
        ("crumbless.domain.entry", "from ..actions import message_send", ("domain", "actions")),
        ("crumbless.live.feed", "from crumbless import app", ("live", "app")),
        (
            "crumbless.actions.x",
            "import importlib\nimportlib.import_module('crumbless.api.routes')",
            ("actions", "api"),
        ),
    ],
)
def test_python_import_upward_is_found(module: str, source: str, edge: Edge) -> None:
    assert python_edges(source, module) == [edge]
    assert not allowed(*edge)


@pytest.mark.parametrize(
    "source", ['import { a } from "../desk/inbox";', 'import "../desk/style.css";', 'await import("../desk/inbox")']
)
def test_browser_import_sideways_is_found(source: str) -> None:
    assert web_edges(source, "frame") == [("frame", "desk")]
