"""Prose is plain English: no file has more findings than its baseline allows, and the baseline only shrinks."""

import functools

import pytest

from support.language import (
    MAX_WORDS,
    check_text,
    count_all,
    lowered,
    prose_of,
    read_baseline,
    sentences_of,
    tracked_files,
)

counts = functools.cache(count_all)

LOWER = "PYTHONPATH=tests .venv/bin/python -m support.language --lower"
SHOW = "PYTHONPATH=tests .venv/bin/python -m support.language FILE"

BAD = [
    ("archaic word", "The key is made anew."),
    ("archaic word", "The former link works no more."),
    ("archaic word", "It waits in vain."),
    ("unnamed actor", "Nobody may change it."),
    ("unnamed actor", "Who guesses waits."),
    ("begins with What", "What is caused is stored with its cause."),
    ("begins with What", "Errors are logged. Whatever it raises is raised here."),
    ("negated noun", "Raises `invalid` for what is no name."),
    ("of ours", "A bug of ours."),
    ("of ours", "It has a thread of its own."),
    ("place for state", "The secret stands in the fragment."),
    ("vague verb", "The listener hears of it."),
    ("vague verb", "The value is kept."),
    ("private word", "A stranger sends a frame."),
    ("private word", "The task is given up."),
    ("long sentence", " ".join(["word"] * (MAX_WORDS + 1)) + "."),
]

GOOD = [
    "Return the visitor's conversations, newest first.",
    "Raises `invalid` if the name is too long.",
    "Which transport is used? What does the client send?",
    "The queue has no more than ten entries.",
    "Delete `nobody_told.py` and `kept`.",
    "The connection is closed on SIGTERM.",
    " ".join(["word"] * MAX_WORDS) + ".",
]


@pytest.mark.parametrize(("rule", "text"), BAD)
def test_violation_is_found_in_each_kind_of_prose(rule: str, text: str) -> None:
    sources = {
        "a.py": f'"""{text}"""\n',
        "b.py": f"# {text}\n",
        "c.py": f'log.warning("{text}")\n',
        "d.py": f'raise ValueError("{text}")\n',
        "e.md": f"{text}\n",
        "f.ts": f"// {text}\n",
        "g.ts": f'test("{text}", () => {{}});\n',
        "bin/h": f"# {text}\n",
    }
    for name, source in sources.items():
        assert rule in [one.rule for one in check_text(name, source)], name


@pytest.mark.parametrize("text", GOOD)
def test_plain_sentence_is_accepted(text: str) -> None:
    assert check_text("a.py", f'"""{text}"""\n') == []
    assert check_text("a.md", f"{text}\n") == []


def test_test_name_is_read_as_words() -> None:
    assert [one.rule for one in check_text("a.py", "def test_nobody_is_told() -> None: ...\n")] == [
        "unnamed actor",
        "vague verb",
    ]


def test_code_is_no_prose() -> None:
    assert check_text("a.md", "```\nnobody is told\n```\n\nUse `told` or tests/unit/test_told.py.\n") == []
    assert check_text("a.py", 'told = "nobody"\n') == []


def test_second_semicolon_of_a_paragraph_is_found() -> None:
    assert check_text("a.md", "One; two.\n") == []
    assert [one.rule for one in check_text("a.md", "One; two; three.\n")] == ["semicolons"]


def test_comment_of_several_lines_is_one_piece() -> None:
    assert [one.text for one in prose_of("a.py", "# One sentence\n# in two lines.\nx = 1\n# Another.\n")] == [
        "One sentence in two lines.",
        "Another.",
    ]


def test_arguments_of_a_docstring_are_separate_sentences() -> None:
    assert sentences_of("First line.\n\n    Args:\n        a: one thing.\n    Raises:\n        B: if so.") == [
        "First line.",
        "Args: a: one thing.",
        "Raises: B: if so.",
    ]
    assert sentences_of("First line.\n\n@param a one thing\n@param b another") == [
        "First line.",
        "@param a one thing",
        "@param b another",
    ]


def test_baseline_is_only_lowered() -> None:
    assert lowered({"a": {"x": 3, "y": 1}, "b": {"x": 1}}, {"a": {"x": 2, "z": 5}}) == {"a": {"x": 2}}


def test_no_file_has_more_findings_than_its_baseline() -> None:
    assert len(tracked_files()) > 100
    baseline = read_baseline()
    more = {
        f"{name}: {rule}": f"{count} instead of {baseline.get(name, {}).get(rule, 0)}"
        for name, of in counts().items()
        for rule, count in of.items()
        if count > baseline.get(name, {}).get(rule, 0)
    }
    assert more == {}, f"rewrite these sentences (see CONTRIBUTING.md; `{SHOW}` shows them)"


def test_baseline_has_no_more_findings_than_the_files() -> None:
    baseline = read_baseline()
    assert lowered(baseline, counts()) == baseline, f"fewer findings than before: run `{LOWER}`"
