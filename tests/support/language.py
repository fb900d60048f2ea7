"""Finds private words, archaisms and riddles in prose: in documents, docstrings, comments, log lines and test names.

`python -m support.language FILE ...` (with `PYTHONPATH=tests`) prints the findings of these files. `--lower` writes the
baseline again where there are fewer findings than it allows; `--reset` writes it as the files are now, after a merge.
"""

import argparse
import ast
import io
import json
import re
import subprocess
import sys
import tokenize
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, cast

ROOT = Path(__file__).parents[2]
BASELINE = ROOT / "tests/house/language_baseline.json"

MAX_WORDS = 25
"""Words in a sentence."""

OWN = {"tests/support/language.py", "tests/house/test_language.py"}
"""These files quote what they forbid."""


class Prose(NamedTuple):
    """A piece of prose: `kind` is docstring, comment, log line, error, test name, paragraph or heading."""

    line: int
    kind: str
    text: str


class Finding(NamedTuple):
    """A violation of one rule."""

    line: int
    rule: str
    text: str


RULES: Mapping[str, re.Pattern[str]] = {
    "archaic word": re.compile(
        r"\b(?:anew|whence|hither|thither|in vain|for ever|lest|whosoever)\b|\bno more(?=[.,;:)]|$| and\b| but\b)"
    ),
    "unnamed actor": re.compile(
        r"\b(?:somebody|nobody|everybody|whoever|whomever)\b|^Who(?:se)? (?![^.]*\?)", re.IGNORECASE
    ),
    "begins with What": re.compile(r"^What(?:ever)? (?![^.]*\?)|(?<=[.:;] )What(?:ever)? (?![^.]*\?)"),
    "negated noun": re.compile(r"\bwhat is no\b|\bfor what is\b|\bis none\b|\bnothing of (?:it|them)\b", re.IGNORECASE),
    "of ours": re.compile(r"\bof (?:ours|theirs|(?:its|his|her|their|our) own)\b"),
    "place for state": re.compile(
        r"\b(?:stands?|stood) (?:in|under|beside|there|on)\b|\bl(?:ies?|ay) (?:in|under|beside|beyond|within)\b"
    ),
    "vague verb": re.compile(
        r"\b(?:tells?|told|telling|hears?|heard|hearing|obeys?|settles?|settled|lets? go|go(?:es)? on|gives? way"
        r"|gave way|says|said|kept)\b"
    ),
    "private word": re.compile(
        r"\b(?:farewells?|strangers?|vouch\w*|given[- ]up|mend\w*|hither|onward|elsewhere|dice|riddles?|wish(?:es)?"
        r"|turn(?:s|ed)? out|mails?(?! (?:server|transport|queue))|figures|believed|trouble|fresh factor|has its end"
        r"|acts?)\b",
        re.IGNORECASE,
    ),
}
"""The word lists of CONTRIBUTING.md, as far as a program can tell them from other words."""

COMMENTED = {".sh", ".yaml", ".yml", ".toml", ".conf", ".service"}
SCRIPTS = {".ts", ".tsx", ".mjs", ".css", ".c", ".h"}

_SCRIPT_TOKENS = re.compile(
    r"""(?P<text>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)"""
    r"|(?P<comment>//[^\n]*|/\*.*?\*/)",
    re.DOTALL,
)
_LOG_METHODS = {"debug", "info", "warning", "error", "exception", "critical"}


def tracked_files() -> list[str]:
    """Return the repository's files that contain prose."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    return sorted(name for name in set(listed) - OWN if (ROOT / name).is_file() and reader_of(name))


def reader_of(name: str) -> str:
    """Return how the file's prose is read: python, markdown, script, comments, or nothing."""
    if "/migrations/versions/" in name or name.startswith("requirements/") or name == "CHANGELOG.md":
        return ""
    suffix = Path(name).suffix
    if suffix in {".py", ".md"}:
        return {".py": "python", ".md": "markdown"}[suffix]
    if suffix in SCRIPTS:
        return "script"
    if suffix in COMMENTED or name.startswith(("bin/", "deploy/")):
        return "comments"
    return ""


def prose_of(name: str, text: str) -> list[Prose]:
    """Return the file's prose, without code in backticks."""
    match reader_of(name):
        case "python":
            found = [*_python_prose(text)]
        case "markdown":
            found = [*_markdown_prose(text)]
        case "script":
            found = [*_script_prose(text)]
        case "comments":
            found = [*_hash_comments(text)]
        case _:
            found = []
    return [Prose(one.line, one.kind, _without_code(one.text)) for one in found]


def _without_code(text: str) -> str:
    text = re.sub(r"``?[^`\n]+``?", "CODE", text)
    return re.sub(r"https?://\S+|\b[\w./-]+\.(?:py|tsx?|md|toml|json|css|mjs)\b|\b\w+_\w+\b", "CODE", text)


def _python_prose(text: str) -> Iterator[Prose]:
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield Prose(node.lineno, "docstring", node.value.value)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            yield Prose(node.lineno, "test name", node.name.removeprefix("test_").replace("_", " "))
        elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            yield from (Prose(node.lineno, "error", one) for one in _texts(node.exc))
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in _LOG_METHODS
            and node.args
        ):
            yield from (Prose(node.lineno, "log line", one) for one in _texts(node.args[0]))
    comment: list[tuple[int, str]] = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT and not re.match(r"# (?:noqa|pyright|type|nosec)|#!", token.string):
            if comment and comment[-1][0] != token.start[0] - 1:
                yield _joined(comment)
                comment = []
            comment.append((token.start[0], token.string.lstrip("# ")))
    if comment:
        yield _joined(comment)


def _texts(node: ast.AST) -> Iterator[str]:
    for one in ast.walk(node):
        if isinstance(one, ast.Constant) and isinstance(one.value, str) and " " in one.value:
            yield one.value


def _joined(comment: Sequence[tuple[int, str]]) -> Prose:
    return Prose(comment[0][0], "comment", " ".join(text for _, text in comment))


def _markdown_prose(text: str) -> Iterator[Prose]:
    text = re.sub(r"^(```|~~~).*?^\1", lambda code: "\n" * code[0].count("\n"), text, flags=re.DOTALL | re.MULTILINE)
    text = re.sub(r"<!--.*?-->", lambda note: "\n" * note[0].count("\n"), text, flags=re.DOTALL)
    paragraph: list[tuple[int, str]] = []
    for number, line in enumerate([*text.splitlines(), ""], 1):
        heading = re.match(r"#+ (.*)", line)
        item = re.match(r"\s*(?:[-*]|\d+\.) (.*)", line)
        if paragraph and (not line.strip() or heading or item or line.startswith("|")):
            yield Prose(paragraph[0][0], "paragraph", " ".join(one for _, one in paragraph))
            paragraph = []
        if heading:
            yield Prose(number, "heading", heading[1])
        elif line.startswith("|"):
            if not re.fullmatch(r"[|: -]+", line):
                yield Prose(number, "row", line.strip("| ").replace(" | ", ". "))
        elif line.strip():
            paragraph.append((number, item[1] if item else line.strip()))


def _script_prose(text: str) -> Iterator[Prose]:
    comment: list[tuple[int, str]] = []
    for token in _SCRIPT_TOKENS.finditer(text):
        line = text.count("\n", 0, token.start()) + 1
        if token["text"]:
            if re.search(r"\b(?:test|it|describe)\($", text[: token.start()]):
                yield Prose(line, "test name", token["text"][1:-1])
            continue
        words = re.sub(r"^\s*(?:/\*+|\*/?|//+)\s?|\*/$", "", token["comment"], flags=re.MULTILINE)
        if token["comment"].startswith("//"):
            if comment and comment[-1][0] != line - 1:
                yield _joined(comment)
                comment = []
            comment.append((line, words))
        else:
            yield Prose(line, "docstring", words)
    if comment:
        yield _joined(comment)


def _hash_comments(text: str) -> Iterator[Prose]:
    comment: list[tuple[int, str]] = []
    for number, line in enumerate([*text.splitlines(), ""], 1):
        words = re.match(r"\s*# (.*)", line)
        if comment and not words:
            yield _joined(comment)
            comment = []
        if words:
            comment.append((number, words[1]))


def sentences_of(text: str) -> list[str]:
    """Return the sentences of a piece of prose."""
    pieces = re.split(r"\n\s*\n|\n\s*(?=[A-Z]\w+:\s|@\w+ )|\n\s*[-*] |(?<=[.!?])\s+", text)
    return [" ".join(one.split()) for one in pieces if one.strip()]


def findings_in(prose: Prose) -> Iterator[Finding]:
    """Check one piece of prose against all rules."""
    sentences = sentences_of(prose.text)
    for sentence in sentences:
        for rule, pattern in RULES.items():
            for found in pattern.finditer(sentence):
                around = sentence[max(0, found.start() - 30) : found.end() + 30]
                yield Finding(prose.line, rule, around)
        if len(sentence.split()) > MAX_WORDS and prose.kind != "row":
            yield Finding(prose.line, "long sentence", sentence[:60])
    if prose.kind == "paragraph" and prose.text.count(";") > 1:
        yield Finding(prose.line, "semicolons", prose.text[:60])


def check_text(name: str, text: str) -> list[Finding]:
    """Return the findings of a file's text."""
    return [finding for prose in prose_of(name, text) for finding in findings_in(prose)]


def check_file(name: str) -> list[Finding]:
    """Return the findings of a tracked file."""
    return check_text(name, (ROOT / name).read_text(encoding="utf-8"))


Counts = dict[str, dict[str, int]]
"""File -> rule -> findings."""


def count_all() -> Counts:
    """Count the findings of all files."""
    counts = {name: dict(sorted(Counter(one.rule for one in check_file(name)).items())) for name in tracked_files()}
    return {name: of for name, of in counts.items() if of}


def read_baseline() -> Counts:
    """Return the findings that are allowed."""
    return cast(Counts, json.loads(BASELINE.read_text(encoding="utf-8")))


def lowered(baseline: Counts, now: Counts) -> Counts:
    """Return the baseline without the findings that are gone."""
    kept = {
        name: {rule: min(count, now[name][rule]) for rule, count in of.items() if rule in now[name]}
        for name, of in baseline.items()
        if name in now
    }
    return {name: of for name, of in kept.items() if of}


def write_baseline(counts: Counts) -> None:
    """Write the baseline, one file in a line, so that branches rarely touch the same line."""
    lines = [f"{json.dumps(name)}: {json.dumps(of)}" for name, of in sorted(counts.items())]
    BASELINE.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def main() -> int:
    """Print findings, or write the baseline."""
    parser = argparse.ArgumentParser(prog="python -m support.language", description=__doc__)
    parser.add_argument("files", nargs="*", metavar="FILE")
    parser.add_argument("--lower", action="store_true", help="write the baseline with fewer findings")
    parser.add_argument("--reset", action="store_true", help="write the baseline as the files are now")
    given = parser.parse_args()
    if given.reset:
        write_baseline(count_all())
    elif given.lower:
        write_baseline(lowered(read_baseline(), count_all()))
    for name in given.files:
        for one in check_file(name):
            sys.stdout.write(f"{name}:{one.line}: {one.rule}: {one.text}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
