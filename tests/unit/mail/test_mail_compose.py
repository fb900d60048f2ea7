"""Composed emails: every kind in every language, values stay text, and one link to our own address."""

import re
from html.parser import HTMLParser
from typing import get_args

import pytest

from crumbless.core.texts import languages_of
from crumbless.mail.mail_compose import compose_mail, language_of
from crumbless.mail.mail_message import CHANGES, VALUES, MailKind, MailRequest

ADDRESS = "https://chat.tea.example"
KINDS: tuple[MailKind, ...] = get_args(MailKind)
SECRET = "crt_" + "aB3-_" * 8


def order(kind: MailKind, language: str = "en", value: str = "Olga", to_name: str = "Otto") -> MailRequest:
    numbers = {"days": "7", "hours": "24", "minutes": "30"}
    fixed = {"secret": SECRET, "at": "1700000000000", "change": CHANGES[0], "site": "tea-shop"} | numbers
    return MailRequest(
        kind, "otto@tea.example", language, {name: fixed.get(name, value) for name in VALUES[kind]}, to_name
    )


class Seen(HTMLParser):
    """Collects elements, links and attributes of an email's HTML."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.links: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links |= {value or "" for name, value in attrs if name in {"href", "src"}}


@pytest.mark.parametrize("language", languages_of("email"))
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_exists_in_every_language(kind: MailKind, language: str) -> None:
    mail = compose_mail(order(kind, language), ADDRESS, "Kornblume Tea")
    assert mail.to == "otto@tea.example"
    for text in (mail.subject, mail.text, mail.html):
        assert "{" not in re.sub(r"style=\"[^\"]*\"", "", text), "a value was left out"
    assert "Otto" in mail.text
    assert "Kornblume Tea" in mail.text
    english = compose_mail(order(kind), ADDRESS, "Kornblume Tea")
    assert (mail.subject == english.subject) == (language == "en")
    assert f'lang="{language}"' in mail.html
    assert ('dir="rtl">\n<head' in mail.html) == (language == "ar")
    assert (SECRET in mail.text) == ("secret" in VALUES[kind])
    assert len(Seen(mail.html).links) == 1
    assert Seen(mail.html).links.pop() in mail.text


@pytest.mark.parametrize("language", languages_of("email"))
@pytest.mark.parametrize("change", CHANGES)
def test_every_change_has_a_text(change: str, language: str) -> None:
    values = {"change": change, "device": "Firefox on Linux", "at": "1700000000000"}
    mail = compose_mail(MailRequest("factor_changed", "o@tea.example", language, values), ADDRESS, "Tea")
    assert change not in mail.text
    assert "Firefox on Linux · 2023-11-14 22:13 UTC" in mail.text


def test_times_use_the_plurals_of_the_language() -> None:
    def note(language: str, days: str) -> str:
        values = {"inviter": "Olga", "workspace": "Tea", "days": days, "secret": SECRET}
        return compose_mail(MailRequest("invitation", "o@tea.example", language, values), ADDRESS, "Tea").text

    assert "for 1 day." in note("en", "1")
    assert "for 7 days." in note("en", "7")
    assert "7 أيام" in note("ar", "7")
    assert "30 يومًا" in note("ar", "30")


def test_unknown_values_leave_no_gap() -> None:
    values = {"device": "", "place": "", "at": "1700000000000"}
    mail = compose_mail(MailRequest("new_sign_in", "o@tea.example", "en", values), ADDRESS, "Tea")
    assert "\n2023-11-14 22:13 UTC\n" in mail.text
    assert mail.text.startswith("Hello,\n")


NASTY = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><a href="https://evil.example">',
    "{secret}",
    "{0.__class__}",
    "{{ 7 * 7 }}",
    "{% raw %}",
    "&lt;b&gt;",
    "javascript:alert(1)",
)


@pytest.mark.parametrize("nasty", NASTY)
@pytest.mark.parametrize("kind", KINDS)
def test_threat_34_value_is_escaped(kind: MailKind, nasty: str) -> None:
    plain = Seen(compose_mail(order(kind), ADDRESS, "Tea").html)
    mail = compose_mail(order(kind, value=nasty, to_name=nasty), ADDRESS, nasty)
    seen = Seen(mail.html)
    assert seen.elements == plain.elements, "premise: the plain email has elements, and this one no others"
    assert seen.attributes == plain.attributes
    assert len(seen.links) == 1
    assert seen.links.pop().startswith(f"{ADDRESS}/")
    assert nasty in mail.text


@pytest.mark.parametrize("kind", KINDS)
def test_threat_44_links_use_the_configured_address_only(kind: MailKind) -> None:
    for address in (ADDRESS, "http://127.0.0.1:8000"):
        mail = compose_mail(order(kind, value="https://evil.example"), address, "Tea")
        assert [link for link in Seen(mail.html).links if not link.startswith(f"{address}/")] == []


def test_secret_is_in_the_fragment() -> None:
    for kind in KINDS:
        link = Seen(compose_mail(order(kind), ADDRESS, "Tea").html).links.pop()
        assert SECRET not in link.partition("#")[0]


def test_long_value_is_truncated() -> None:
    mail = compose_mail(order("invitation", value="x" * 5_000), ADDRESS, "Tea")
    assert "x" * 200 in mail.text
    assert "x" * 201 not in mail.text


@pytest.mark.parametrize(("wanted", "found"), [("de-AT", "de"), ("AR", "ar"), ("ja", "en"), ("", "en"), ("../x", "en")])
def test_language_falls_back_to_one_with_texts(wanted: str, found: str) -> None:
    assert language_of(wanted) == found
