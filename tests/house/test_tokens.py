"""Design tokens: one file declares them, style sheets use no other values, and builds contain no unused ones."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WEB = ROOT / "web"
WEB_DIST = ROOT / "src" / "crumbless" / "web_dist"

COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
DECLARED = re.compile(r"(--[\w-]+)\s*:")
USED = re.compile(r"var\(\s*(--[\w-]+)\s*([,)])")
COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}\b|\b(?:rgb|hsl|light-dark)\(")
WEIGHT = re.compile(r"font-weight:\s*([^;]+);")

OTHER_COLOURS = {
    "policy/policy_print.css": "paper is white, and ink is black",
    "desk/ui/pages.css": "cameras read QR codes in black on white",
    "consent/consent.css": "a backdrop and a shadow over the customer's page, in both schemes",
}


def read(path: Path) -> str:
    """Return a style sheet without its comments."""
    return COMMENT.sub("", path.read_text(encoding="utf-8"))


def sheets() -> dict[str, str]:
    """Return the style sheets of all surfaces."""
    found = {path.relative_to(WEB).as_posix(): read(path) for path in WEB.rglob("*.css")}
    assert len(found) > 20, "few style sheets found: the test looks in the wrong place"
    return found


TOKENS = set(DECLARED.findall(read(WEB / "ui" / "tokens.css")))


def test_every_used_custom_property_is_declared() -> None:
    all_sheets = sheets()
    declared = {name for text in all_sheets.values() for name in DECLARED.findall(text)}
    scripts = "".join(path.read_text(encoding="utf-8") for path in WEB.rglob("*.ts*"))
    missing = {
        f"{path}: {name}"
        for path, text in all_sheets.items()
        for name, end in USED.findall(text)
        if end == ")" and name not in declared and f'"{name}"' not in scripts
    }
    assert missing == set()


def test_tokens_are_declared_once() -> None:
    again = {
        f"{path}: {name}"
        for path, text in sheets().items()
        for name in DECLARED.findall(text)
        if name in TOKENS and path not in {"ui/tokens.css", "policy/policy_print.css"}
    }
    assert again == set()


def test_colours_are_tokens() -> None:
    others = {path for path, text in sheets().items() if COLOUR.search(text)} - {"ui/tokens.css"}
    assert others == set(OTHER_COLOURS)


def test_weights_are_those_of_the_tokens() -> None:
    allowed = {"400", "600", "var(--regular)", "var(--strong)"}
    others = {f"{path}: {weight}" for path, text in sheets().items() for weight in WEIGHT.findall(text)}
    assert {line for line in others if line.partition(": ")[2] not in allowed} == set()


@pytest.mark.parametrize("surface", ["frame", "desk", "policy", "consent"])
def test_build_contains_no_unused_token(surface: str) -> None:
    manifest: dict[str, dict[str, str]] = json.loads((WEB_DIST / "manifest.json").read_text(encoding="utf-8"))
    style = (WEB_DIST / manifest[surface]["style"]).read_text(encoding="utf-8")
    parts = [files["script"] for name, files in manifest.items() if name.partition(".")[0] == surface]
    scripts = "".join((WEB_DIST / path).read_text(encoding="utf-8") for path in parts if path)
    declared = set(DECLARED.findall(style)) & TOKENS
    assert {"--ink", "--focus"} <= declared
    assert {name for name in declared if f"var({name}" not in style and name not in scripts} == set()
    assert len(declared) < len(TOKENS)


def test_consent_manager_has_its_tokens_in_its_own_tree() -> None:
    style = (WEB_DIST / "consent.css").read_text(encoding="utf-8")
    assert ":host{" in style
    assert ":root" not in style
