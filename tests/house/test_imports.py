"""Every dynamic import of the browser code can be repeated after a failure (web/core/import_part.ts)."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
IMPORT = re.compile(r"\bimport\(")
REPEATABLE = re.compile(r'importPart\(\s*\(\) => import\("[^"]+"\)|importRetry\(\(query\) =>\s*import\(')
HELPER = "import_part.ts"
LOADED = re.compile(r"\w+=>\w+\(\[([`'\"]\./[^\]]*)\]\)")
"""The replacement of an import by web/build.mjs: the part's file and the files that it imports."""

NAMED = re.compile(r"\./([\w.-]+\.js)")
BUILT = re.compile(r"import\(\s*[`'\"]\./\w+\.(\w+)-")


def test_every_import_goes_through_the_helper() -> None:
    files = [path for kind in ("ts", "tsx") for path in (ROOT / "web").rglob(f"*.{kind}")]
    # Generates the imports of texts in other languages.
    files.append(ROOT / "web" / "i18n" / "texts_plugin.mjs")
    texts = {
        path.name: COMMENT.sub("", path.read_text("utf-8"))
        for path in files
        if ".test." not in path.name and path.name != HELPER
    }
    assert sum(len(REPEATABLE.findall(text)) for text in texts.values()) > 20
    bare = {name for name, text in texts.items() if IMPORT.search(REPEATABLE.sub("", text))}
    assert bare == set()


def test_built_code_imports_parts_through_the_helper_only() -> None:
    files = sorted((ROOT / "src" / "crumbless" / "web_dist" / "assets").glob("*.js"))
    assert len(files) > 40
    bare = {name for path in files for name in BUILT.findall(path.read_text("utf-8"))}
    assert bare == set()


def test_every_file_that_a_part_needs_is_built() -> None:
    files = {
        path.name: path.read_text("utf-8") for path in (ROOT / "src" / "crumbless" / "web_dist" / "assets").glob("*.js")
    }
    lists = [named for text in files.values() for named in LOADED.findall(text)]
    assert len(lists) > 40
    named = {name for one in lists for name in NAMED.findall(one)}
    assert named - set(files) == set()
