"""The catalogue of texts: browser and server format it the same way, and the server uses every text it has."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast, get_args

import pytest

from crumbless.consent.tag_store import VendorTag
from crumbless.core.message_format import Plural, Value, format_message, parse_message
from crumbless.core.settings import CompanySettings
from crumbless.core.texts import ENGLISH, FOLDER, languages_of, read_texts
from crumbless.device_storage.registry_read import read_registry
from crumbless.http.assets import Assets
from crumbless.mail import mail_compose
from crumbless.mail.mail_message import CHANGES, VALUES, MailKind, MailRequest
from crumbless.pages import policy_view
from crumbless.pages.policy_view import PolicyPages, Subject

ROOT = Path(__file__).parents[2]


def run_node(script: str) -> str:
    """Return the output of a script of web/i18n."""
    ran = subprocess.run(
        ["node", ROOT / "web" / "i18n" / script], capture_output=True, text=True, check=False, timeout=120
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_catalogue_is_the_one_of_the_browser_code() -> None:
    assert FOLDER == ROOT / "web" / "locales"
    assert len(list(FOLDER.glob("*/language.json"))) == len(list(FOLDER.iterdir())) >= 12


def test_browser_and_server_format_every_message_the_same_way() -> None:
    printed = json.loads(run_node("messages_print.mjs"))
    formatted: dict[str, tuple[str, list[str]]] = printed["said"]
    assert len(formatted) > 500
    differ: list[str] = []
    plurals = 0
    for place, (text, expected) in formatted.items():
        language = place.partition("/")[0]
        parts = parse_message(text)
        plurals += any(isinstance(part, Plural) for part in parts)
        names = {part.name for part in parts if isinstance(part, Plural)}
        values = {name: f"<{name}>" for name in re.findall(r"\{(\w+)\}", text)}
        for number, one in zip(printed["numbers"], expected, strict=False):
            own = format_message(text, language, values | dict.fromkeys(names, number))
            if own != one:
                differ.append(f"{place}: {own!r} here, {one!r} in the browser")
    assert differ == []
    assert plurals > 60, "the premise: there are plurals to compare"


class Recorded(dict[str, Any]):
    """Texts that record which of them are read. A list is read as a whole."""

    def __init__(self, texts: dict[str, Any], path: str, read: set[str]) -> None:
        super().__init__(texts)
        self._path = path
        self._read = read

    def __getitem__(self, key: str) -> Any:
        found = super().__getitem__(key)
        here = f"{self._path}.{key}"
        if isinstance(found, dict):
            return Recorded(cast(dict[str, Any], found), here, self._read)
        self._read.add(here)
        return found


def paths(texts: dict[str, Any], path: str) -> Iterator[str]:
    for key, text in texts.items():
        here = f"{path}.{key}"
        if isinstance(text, dict):
            yield from paths(cast(dict[str, Any], text), here)
        else:
            yield here


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Return the texts that policy pages and emails read from here on."""
    found: set[str] = set()

    def read_recorded(language: str, surface: str) -> Recorded:
        return Recorded(read_texts(language, surface), surface, found)

    for module in (policy_view, mail_compose):
        monkeypatch.setattr(module, "read_texts", read_recorded)
    return found


def test_policy_page_reads_every_text(read: set[str]) -> None:
    contact = dict.fromkeys(
        ("organisation", "contact_address", "contact_email", "contact_phone", "company_number"), "+44 20"
    )
    tags = [(VendorTag("ga4", mode, "G-1", ""), VendorTag("tiktok", mode, "C1", "")) for mode in ("browser", "relay")]
    for settings in ({}, contact):
        pages = PolicyPages(read_registry(), "http://127.0.0.1:8000", CompanySettings(**settings), Assets())  # pyright: ignore[reportArgumentType]
        pages.missing(ENGLISH)
        for subject in (Subject(), Subject("tea", "Tea", ("https://tea.example",)), Subject("tea", "Tea", (), tags[0])):
            pages.page(subject, ENGLISH)
        pages.page(Subject("tea", "Tea", (), tags[1]), ENGLISH)
    assert read == set(paths(read_texts(ENGLISH, "policy"), "policy"))


def test_emails_read_every_text(read: set[str]) -> None:
    kinds: tuple[MailKind, ...] = get_args(MailKind)
    for kind in kinds:
        for change in CHANGES:
            values = dict.fromkeys(VALUES[kind], "7") | ({"change": change} if "change" in VALUES[kind] else {})
            for name in ("", "Ada"):
                order = MailRequest(kind, "ada@tea.example", ENGLISH, values, name)
                mail_compose.compose_mail(order, "https://a.example", "Tea")
    assert read == set(paths(read_texts(ENGLISH, "email"), "email"))


@pytest.mark.parametrize("kind", get_args(MailKind))
def test_email_names_only_values_of_its_kind(kind: MailKind) -> None:
    always = {"name", "sender", "where"}
    for language in languages_of("email"):
        texts = read_texts(language, "email")
        own = [texts[kind]["subject"], texts[kind]["note"], *texts[kind]["lines"]]
        named = {part.name for text in own for part in parse_message(text) if isinstance(part, Value | Plural)}
        assert named <= VALUES[kind] | always, language
