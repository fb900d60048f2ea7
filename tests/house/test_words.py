"""Forbidden in the code: cookies, storage access outside the store, markup from strings, vague file names."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

GUARD = "src/crumbless/http/middleware.py"
"""The one place that names the header: it refuses responses that contain it."""

AUDITOR = "src/crumbless/storage_auditor/browser_watch.py"
"""Reads the cookies of other websites."""

CHECK = "src/crumbless/connection_check/request_probes.py"
"""Reads headers that proxies add to our responses."""

STORE = "web/storage/storage_backends.ts"
"""The one module that accesses browser storage."""

OPEN_FLAG = "web/loader/storage_flag.ts"
"""The loader's own small access to one item of the registry, because the store would be larger than the loader."""

CONSENT_RECORD = "web/consent/consent_record.ts"
"""The consent manager's own small access to one item of the registry, because every page of a site loads it."""

KEPT_CLEAR = "web/consent/vendor_storage_clear.ts"
"""Deletes declared vendor items in every mechanism after a withdrawal. It writes nothing."""

COOKIE_CLEAR = "web/consent/cookie_clear.ts"
"""The one exception to "no script touches a cookie": after a withdrawal it makes vendor cookies expire."""

COOKIES_IN_PYTHON = re.compile(r"set[-_]?cookie|response_cookies|cookiejar", re.IGNORECASE)
COOKIES_IN_SCRIPT = re.compile(
    r"""document(?:\.prototype)?\s*(?:\?\.|\.|,|\[)\s*["']?\s*cookie|cookieStore|set-cookie""", re.IGNORECASE
)
STORAGE_IN_SCRIPT = re.compile(
    r"""(?:(?<!["'])|\[\s*["'])\b(localStorage|sessionStorage|indexedDB|caches|serviceWorker|storageBuckets)\b"""
)
"""The registry's data quotes the names of mechanisms. A quoted name in brackets is an access."""

MARKUP_IN_SCRIPT = re.compile(
    r"\b(?:innerHTML|outerHTML|insertAdjacentHTML|dangerouslySetInnerHTML|document\.write(?:ln)?|srcdoc"
    r"|eval\(|new Function)"
)
VAGUE_NAME = re.compile(r"(?:^|[_.-])(?:utils?|helpers?|managers?|common|misc)(?:[_.-]|$)")

SCRIPT_TOKENS = re.compile(
    r"""(?P<text>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|(?P<comment>//[^\n]*|/\*.*?\*/)""",
    re.DOTALL,
)


def tracked_files() -> list[str]:
    """Return all files of the repository, including untracked ones."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return [name for name in listing.stdout.splitlines() if (ROOT / name).is_file()]


def without_comments(source: str) -> str:
    """Return TypeScript without its comments and with its strings."""
    return SCRIPT_TOKENS.sub(lambda token: token["text"] or " ", source)


def code_words(source: str) -> Iterator[str]:
    """Yield names, attributes and texts of a Python module, without comments and docstrings."""
    tree = ast.parse(source)
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)) if id(node) not in prose:
                yield text
            case ast.Constant(value=bytes(raw)):
                yield raw.decode("latin-1")
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.keyword(arg=str(name)):
                yield name
            case ast.alias(name=name):
                yield name
            case _:
                pass


def scripts() -> dict[str, str]:
    """Return the code that runs in browsers, by path, without comments and tests."""
    names = [name for name in tracked_files() if name.startswith("web/") and Path(name).suffix in {".ts", ".tsx"}]
    shipped = [name for name in names if ".test." not in name and not name.startswith("web/support/")]
    return {name: without_comments((ROOT / name).read_text("utf-8")) for name in shipped}


def scripts_with(words: re.Pattern[str]) -> set[str]:
    sources = scripts()
    assert len(sources) >= 3, "no browser code found: the test looks in the wrong place"
    return {name for name, source in sources.items() if words.search(source)}


def test_no_python_sets_a_cookie() -> None:
    names = [
        name
        for name in tracked_files()
        if name.startswith("src/") and name.endswith(".py") and name not in {GUARD, AUDITOR, CHECK}
    ]
    assert len(names) > 10
    wrong = [
        (name, word)
        for name in names
        for word in code_words((ROOT / name).read_text("utf-8"))
        if COOKIES_IN_PYTHON.search(word)
    ]
    assert wrong == []


def test_no_script_touches_a_cookie() -> None:
    assert scripts_with(COOKIES_IN_SCRIPT) == {COOKIE_CLEAR}


def test_the_one_script_that_touches_cookies_only_makes_them_expire() -> None:
    source = scripts()[COOKIE_CLEAR]
    assert re.findall(r"expired\s*=\s*([^;]*;[^;]*)", source) == ["`${name}=; Max-Age=0"]
    assert re.findall(r"Reflect\.\w+\([^)]*\)|\.cookie\s*=[^;]*", source) == [
        'Reflect.set(Document.prototype, "cookie", expired, document)'
    ]
    assert "cookieStore" not in source


def test_only_the_declared_modules_access_browser_storage() -> None:
    assert scripts_with(STORAGE_IN_SCRIPT) == {STORE, OPEN_FLAG, CONSENT_RECORD, KEPT_CLEAR}


def test_loader_accesses_only_its_flag() -> None:
    source = scripts()[OPEN_FLAG]
    assert set(STORAGE_IN_SCRIPT.findall(source)) == {"sessionStorage"}
    assert source.count("openKey.replace(") == 1
    assert set(re.findall(r"\b(?:getItem|setItem|removeItem)\(([^,)]*\)?)", source)) == {"keyOf(site)"}


def test_consent_manager_stores_only_the_choice() -> None:
    source = scripts()[CONSENT_RECORD]
    assert set(STORAGE_IN_SCRIPT.findall(source)) == {"localStorage"}
    assert source.count("consentKey.replace(") == 1
    used = set(re.findall(r"\b(?:getItem|setItem|removeItem)\((keyOf\(site\)|[^,)]*)", source))
    assert used == {"keyOf(site)"}


def test_clearing_after_a_withdrawal_writes_nothing() -> None:
    assert not re.search(r"setItem|\.put\(|\.add\(|caches\.open|indexedDB\.open", scripts()[KEPT_CLEAR])


def test_no_script_makes_markup_from_strings() -> None:
    assert scripts_with(MARKUP_IN_SCRIPT) == set()


def test_file_names_are_specific() -> None:
    names = [name for name in tracked_files() if name.split("/")[0] in {"src", "web", "tests", "tools", "bench", "bin"}]
    assert [name for name in names if any(VAGUE_NAME.search(part.lower()) for part in Path(name).parts)] == []


def test_no_file_is_over_400_lines() -> None:
    kinds = {".py", ".ts", ".tsx", ".mjs", ".c", ".sh"}
    lengths = {
        name: (ROOT / name).read_text("utf-8").count("\n") for name in tracked_files() if Path(name).suffix in kinds
    }
    assert {name: length for name, length in lengths.items() if length > 400} == {}


@pytest.mark.parametrize(
    ("words", "source"),
    [
        (COOKIES_IN_SCRIPT, 'document.cookie = "a=1"'),
        (COOKIES_IN_SCRIPT, 'document["cookie"]'),
        (COOKIES_IN_SCRIPT, 'const address = "https://a.example"; document.cookie'),
        (STORAGE_IN_SCRIPT, 'window["localStorage"]'),
        (STORAGE_IN_SCRIPT, "const { indexedDB } = window"),
        (MARKUP_IN_SCRIPT, "element.innerHTML = text"),
    ],
)
def test_forbidden_word_is_found_in_a_script(words: re.Pattern[str], source: str) -> None:
    assert words.search(without_comments(source))
    assert not words.search(without_comments(f"// {source}\n/* {source} */"))


@pytest.mark.parametrize(
    "source", ["r.set_cookie('a')", 'h["Set-Cookie"] = x', 'h = [(b"set-cookie", x)]', "f(set_cookie=1)"]
)
def test_forbidden_word_is_found_in_python(source: str) -> None:
    assert any(COOKIES_IN_PYTHON.search(word) for word in code_words(source))
    assert not any(COOKIES_IN_PYTHON.search(word) for word in code_words(f"'''A {source}.'''\n# {source}"))
