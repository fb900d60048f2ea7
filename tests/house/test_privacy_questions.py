"""docs/privacy_questions.md has twenty questions, and each answer links to existing parts of existing pages."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "privacy_questions.md"

LINK = re.compile(r"\]\(([^)#]+)(?:#([^)]+))?\)")


def answers() -> list[tuple[int, str, str]]:
    """Return number, question and answer of each."""
    parts = re.split(r"^### (\d+)\. (.+)$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return [(int(parts[at]), parts[at + 1], parts[at + 2]) for at in range(0, len(parts), 3)]


def anchors(document: Path) -> set[str]:
    """Return the fragments of a document's headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_there_are_twenty_questions() -> None:
    assert [number for number, _, _ in answers()] == list(range(1, 21))
    assert [question for _, question, _ in answers() if not question.endswith("?")] == []


def test_each_answer_is_short_and_links_to_its_proof() -> None:
    for number, _, answer in answers():
        text = LINK.sub("]", answer.partition("\n## ")[0])
        assert 3 < len(text.split()) < 70, number
        assert LINK.search(answer), number


def test_every_link_leads_to_an_existing_heading() -> None:
    links = {found.groups() for _, _, answer in answers() for found in LINK.finditer(answer)}
    assert len(links) > 20
    broken = {
        (path, anchor)
        for path, anchor in links
        if not (PAGE.parent / path).is_file() or (anchor and anchor not in anchors(PAGE.parent / path))
    }
    assert broken == set()
