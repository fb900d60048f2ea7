"""Imports go down only: packages are in one order, and none imports from a later one.

Imports inside functions, under TYPE_CHECKING and of types count.
"""

import ast
import posixpath
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "crumbless"
WEB = ROOT / "web"

TECHNICAL = (
    "core",
    "device_storage",
    "database",
    "security",
    "protocol",
    "ledger",
    "realtime",
    "http",
    "tasks",
)
SUBJECTS = (
    "mail",
    "audit_log",
    "files",
    "accounts",
    "people",
    "sign_in",
    "sites",
    "consent",
    "visitors",
    "business_hours",
    "filters",
    "labels",
    "conversations",
    "stream",
    "operations",
    "retention",
    "operator_data",
    "server_data",
    "pages",
    "storage_auditor",
    "connection_check",
)
COMPOSITION = (
    "tables",
    "wire_modules",
    "limit_table",
    "reaction_table",
    "handover_table",
    "task_table",
    "routes",
    "app",
    "demo",
    "cli",
    "__main__",
)
ORDER = (*TECHNICAL, *SUBJECTS, *COMPOSITION)
"""A package may import from itself and from those before it."""

WEB_ORDER = (
    "core",
    "wire",
    "i18n",
    "filters",
    "stream",
    "messages",
    "storage",
    "ui",
    "stored_data",
    "host_storage",
    "loader",
    "consent",
    "vendor_tags",
    "policy",
    "frame/host",
    "frame/chat",
    "desk/core",
    "desk/ui",
    "desk/state",
    "desk/connection_check",
    "desk/privacy",
    "desk/sites",
    "desk/workspace",
    "desk/people",
    "desk/sign_in",
    "desk/account",
    "desk/inbox",
    "desk/conversation",
    "desk/app",
    "states",
)
WEB_SURFACES = ("loader", "host_storage", "frame", "desk", "consent", "policy", "vendor_tags", "states")
"""Each is a separate script, so none imports from another. The frame alone knows the messages of host_storage."""

WEB_LIBRARIES = {"@noble/hashes": {"frame"}, "@preact/signals": {"desk"}, "valibot": {"desk"}}
"""Libraries that only some surfaces may load. `preact` and `dpop` are everywhere."""

WEB_IMPORT = re.compile(r"""(?:\bfrom|\bimport)\s*\(?\s*["']([^"']+)["']""")

Edge = tuple[str, str]


IMPORTING = ("import_module", "__import__", "deferred_module", "LazyCommand")
"""Calls that import the module whose full name is one of their arguments, now or later."""


def is_allowed(importer: str, imported: str, order: tuple[str, ...] = ORDER) -> bool:
    """Return whether one package may import from the other. Raises ValueError if one is not in the order."""
    return order.index(importer) >= order.index(imported)


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
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(IMPORTING):
            texts = (argument.value for argument in node.args if isinstance(argument, ast.Constant))
            yield from (text for text in texts if isinstance(text, str))


def python_edges(source: str, module: str) -> list[Edge]:
    """Yield (importing package, imported package) for every import of the product by itself."""
    names = imported_names(ast.parse(source), module)
    inside = [name.split(".") for name in names if name.startswith("crumbless.")]
    importer = module.split(".")[1] if "." in module else "__init__"
    return [(importer, name[1]) for name in inside if name[1] != "__version__"]


def web_package(path: str) -> str:
    """Return the package of a path below web/. Frame and desk have several."""
    parts = path.split("/")
    return "/".join(parts[:2]) if parts[0] in {"frame", "desk"} else parts[0]


def web_edges(source: str, folder: str) -> list[Edge]:
    """Yield (importing package, imported package) for every relative import of the browser code in a folder of web/."""
    targets = [target for target in WEB_IMPORT.findall(source) if target.startswith(".")]
    paths = [posixpath.normpath(posixpath.join(folder, target)) for target in targets]
    return [(web_package(f"{folder}/_"), web_package(path)) for path in paths]


def modules() -> dict[str, str]:
    """Return the source of every module of the server. Migrations are not modules of the product."""
    files = (path for path in PACKAGE.rglob("*.py") if "versions" not in path.parts)
    return {module_name(path): path.read_text(encoding="utf-8") for path in files}


def web_sources() -> dict[str, str]:
    files = (path for path in WEB.rglob("*.ts*") if ".test." not in path.name and path.parent.name != "support")
    return {path.relative_to(WEB).as_posix(): path.read_text(encoding="utf-8") for path in files}


def web_file_imports(sources: Mapping[str, str]) -> dict[str, set[str]]:
    """Return the files that each file of the browser code imports, for types and on demand too."""
    by_stem = {path.rpartition(".")[0]: path for path in sources}
    found: dict[str, set[str]] = {}
    for path, source in sources.items():
        targets = [target for target in WEB_IMPORT.findall(source) if target.startswith(".")]
        names = {posixpath.normpath(posixpath.join(posixpath.dirname(path), target)) for target in targets}
        found[path] = {by_stem[name] for name in names & set(by_stem)} - {path}
    return found


def module_imports() -> dict[str, set[str]]:
    """Return the modules that each module imports."""
    sources = modules()
    found: dict[str, set[str]] = {}
    for module, source in sources.items():
        names = set(imported_names(ast.parse(source), module))
        found[module] = {name if name in sources else name.rpartition(".")[0] for name in names} & set(sources)
        found[module].discard(module)
    return found


def find_circle(graph: Mapping[str, set[str]]) -> list[str]:
    """Return the members of all circles. Modules whose imports have all been removed are removed, again and again."""
    left = {name: set(targets) for name, targets in graph.items()}
    while free := [name for name, targets in left.items() if not targets & set(left)]:
        for name in free:
            del left[name]
    return sorted(left)


def test_python_imports_go_down_only() -> None:
    edges = {(module, *edge) for module, source in modules().items() for edge in python_edges(source, module)}
    assert len(edges) > 500, "few imports found: the test looks in the wrong place"
    wrong = {f"{module}: {imported}" for module, importer, imported in edges if not is_allowed(importer, imported)}
    assert wrong == set()


def test_every_package_is_in_the_order() -> None:
    parts = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"}
    parts |= {path.parent.relative_to(PACKAGE).parts[0] for path in PACKAGE.glob("*/**/*.py")}
    assert parts == set(ORDER)


def test_modules_import_in_no_circle() -> None:
    assert find_circle(module_imports()) == []
    assert find_circle({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": set()}) == ["a", "b", "c"]


def test_commands_count_as_imports_of_their_table() -> None:
    commands = {f"crumbless.cli.{path.stem}" for path in (PACKAGE / "cli").glob("*_command*.py")}
    commands.discard("crumbless.cli.lazy_command")
    assert len(commands) > 5
    assert module_imports()["crumbless.cli.main"] >= commands


def test_imports_inside_functions_are_few() -> None:
    """Parts that few processes need are imported through core/deferred_import.py or as commands of cli/main.py."""
    files = [path for top in ("src", "tools", "bench") for path in (ROOT / top).rglob("*.py")]
    assert len(files) > 200
    exceptions = [path.name for path in files for _ in re.findall(r"# noqa: PLC0415", path.read_text(encoding="utf-8"))]
    assert len(exceptions) <= 10, exceptions


def test_only_the_route_table_imports_handlers() -> None:
    wrong = [
        f"{module} imports {imported}"
        for module, targets in module_imports().items()
        for imported in targets
        if imported.endswith("_api") and module != "crumbless.routes"
    ]
    assert wrong == []


def test_most_imports_stay_inside_their_package() -> None:
    """Imports from technical packages by others are not counted, and those of the composition are not either."""
    inner = outer = 0
    for module, targets in module_imports().items():
        package = module.split(".")[1] if "." in module else "__init__"
        if package not in {*TECHNICAL, *SUBJECTS}:
            continue
        packages = [target.split(".")[1] for target in targets if "." in target]
        inner += sum(one == package for one in packages)
        outer += sum(one != package and one in SUBJECTS for one in packages)
    assert inner / (inner + outer) >= 0.65, f"{inner} of {inner + outer}"


@pytest.mark.parametrize("top", ["src/crumbless", "web"])
def test_folders_have_at_most_thirty_files(top: str) -> None:
    folders = [
        path for path in (ROOT / top).rglob("*") if path.is_dir() and not {"web_dist", "__pycache__"} & {*path.parts}
    ]
    assert len(folders) > 20
    sizes = {
        str(folder): len([path for path in folder.iterdir() if path.is_file() and ".test." not in path.name])
        for folder in folders
    }
    assert {folder: size for folder, size in sizes.items() if size > 30} == {}


def test_browser_imports_go_down_only() -> None:
    edges = {
        (path, *edge) for path, source in web_sources().items() for edge in web_edges(source, posixpath.dirname(path))
    }
    assert len(edges) > 200, "few imports found: the test looks in the wrong place"
    wrong = {
        f"{path}: {imported}" for path, importer, imported in edges if not is_allowed(importer, imported, WEB_ORDER)
    }
    assert wrong == set()


def test_browser_files_import_in_no_circle() -> None:
    graph = web_file_imports(web_sources())
    assert sum(map(len, graph.values())) > 500, "few imports found: the test looks in the wrong place"
    assert find_circle(graph) == []


@pytest.mark.parametrize(
    "source",
    ['import type { A } from "./a";', 'import { type A, b } from "./a";', 'const load = () => import("./a");'],
)
def test_circle_between_browser_files_is_found(source: str) -> None:
    sources = {"ui/a.ts": 'import { b } from "../ui/b";', "ui/b.tsx": source, "ui/c.ts": ""}
    assert find_circle(web_file_imports(sources)) == ["ui/a.ts", "ui/b.tsx"]


def test_libraries_are_imported_by_their_surfaces_only() -> None:
    found: dict[str, set[str]] = {library: set() for library in WEB_LIBRARIES}
    for path, source in web_sources().items():
        for library in {name for target in WEB_IMPORT.findall(source) for name in found if target.startswith(name)}:
            found[library].add(path.partition("/")[0])
    assert found == WEB_LIBRARIES


def test_browser_surfaces_do_not_import_from_one_another() -> None:
    edges = {edge for path, source in web_sources().items() for edge in web_edges(source, posixpath.dirname(path))}
    surfaces = {(a.partition("/")[0], b.partition("/")[0]) for a, b in edges}
    wrong = {(a, b) for a, b in surfaces if a != b and a in WEB_SURFACES and b in WEB_SURFACES}
    assert wrong == {("frame", "host_storage")}


@pytest.mark.parametrize(
    ("module", "source", "edge"),
    [
        ("crumbless.ledger.ledger", "from crumbless.realtime.feed import Feed", ("ledger", "realtime")),
        ("crumbless.core.ids", "def late():\n    import crumbless.database.metadata", ("core", "database")),
        ("crumbless.ledger.entry", "from ..conversations import message_send", ("ledger", "conversations")),
        ("crumbless.realtime.feed", "from crumbless import app", ("realtime", "app")),
        (
            "crumbless.sites.x",
            "import importlib\nimportlib.import_module('crumbless.routes')",
            ("sites", "routes"),
        ),
        ("crumbless.core.x", 'y = deferred_module("crumbless.mail.mail_smtp")', ("core", "mail")),
        ("crumbless.app.x", 'LazyCommand("serve", "crumbless.cli.serve_command", "Serve.")', ("app", "cli")),
    ],
)
def test_python_import_upward_is_found(module: str, source: str, edge: Edge) -> None:
    assert python_edges(source, module) == [edge]
    assert not is_allowed(*edge)


@pytest.mark.parametrize(
    "source",
    ['import { a } from "../desk/inbox/x";', 'import "../desk/inbox/x.css";', 'await import("../desk/inbox/x")'],
)
def test_browser_import_sideways_is_found(source: str) -> None:
    assert web_edges(source, "loader") == [("loader", "desk/inbox")]
    assert not is_allowed("loader", "desk/inbox", WEB_ORDER)
