"""docs/protocol.md describes each message between page and frame once, and no heading of a document occurs twice."""

import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
PROTOCOL = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
FRAMING = PROTOCOL.partition("\n## Framing a site: loader and frame\n")[2].partition("\n## ")[0]
CONSENT = FRAMING.partition("\n### Consent between page and frame\n")[2]


def source(path: str) -> str:
    return (ROOT / "web" / path).read_text(encoding="utf-8")


def headings(text: str) -> list[str]:
    without_code = re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
    return re.findall(r"^#+ (.+)$", without_code, re.MULTILINE)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_heading_occurs_once_in_its_document(document: Path) -> None:
    counted = Counter(headings(document.read_text(encoding="utf-8")))
    # Each version of the changelog has the same parts.
    if document.name != "CHANGELOG.md":
        assert [name for name, count in counted.items() if count > 1] == []


def test_messages_of_loader_and_frame_are_those_of_the_code() -> None:
    documented = set(re.findall(r'^\| (loader|frame) \| `\{"say":"(\w+)"', FRAMING, re.MULTILINE))
    own_type = source("loader/frame_bridge.ts").partition("export type FrameMessage =")[2].partition(";\n\n")[0]
    of_frame = set(re.findall(r'say: "(\w+)"', own_type))
    assert {"close", "unread"} <= of_frame
    of_loader = set(
        re.findall(
            r'say: "(\w+)"', source("frame/host/page_bridge.ts").partition("LoaderMessage =")[2].partition(";\n")[0]
        )
    )
    assert documented == {("frame", name) for name in of_frame} | {("loader", name) for name in of_loader}


def test_consent_is_described_once_with_the_messages_of_the_code() -> None:
    sent = {
        *re.findall(r'crumbless: "(consent\??)"', source("frame/host/consent_ask.ts")),
        *re.findall(r'crumbless: "(consent\??)"', source("consent/frame_answer.ts")),
    }
    assert sent == {"consent?", "consent"}
    for name in sent:
        assert PROTOCOL.count(f'"crumbless":"{name}"') == CONSENT.count(f'"crumbless":"{name}"') == 1
    assert [path.name for path in DOCUMENTS if '"crumbless":"consent' in path.read_text(encoding="utf-8")] == [
        "protocol.md"
    ]
