"""Writes the mails: words of the person's language, values that can only be text, and one link to our own address."""

import datetime
import functools
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from markupsafe import Markup, escape

from crumbless.domain.mail_order import LINKS, MAIL_LANGUAGES, MailOrder
from crumbless.domain.ports import Mail

FOLDER = Path(__file__).parents[1] / "mails"

MAX_VALUE = 200
"""Characters of a name or other value that are shown: a mail of ours is no place for somebody's advertisement."""

Words = Mapping[str, Any]


def compose_mail(order: MailOrder, address: str, sender: str) -> Mail:
    """The mail as text and as HTML.

    Args:
        address: the server's public address, from its settings: a link never leads anywhere else.
        sender: who runs the chat, for the last line.
    """
    language = language_of(order.language)
    words = _read_words(language)
    kind = words[order.kind]
    values = _shown(order, words) | {"sender": sender}
    link = address + LINKS[order.kind].format_map({name: quote(value, safe="") for name, value in order.values.items()})
    shared = {
        "language": language,
        "direction": "rtl" if language == "ar" else "ltr",
        "subject": _fill(kind["subject"], values),
        "link": link,
        "button": kind["button"],
        "by_hand": words["by_hand"],
    }
    texts = {
        "hello": words["hello"] if order.to_name else words["hello_nobody"],
        "note": kind["note"],
        "footer": words["footer"],
    }
    as_text = {name: _fill(text, values) for name, text in texts.items()}
    as_html = {name: _fill_html(text, values) for name, text in texts.items()}
    return Mail(
        order.to,
        values["name"],
        shared["subject"],
        _template("mail.txt.jinja").render(**shared, **as_text, lines=[_fill(one, values) for one in kind["lines"]]),
        _template("mail.html.jinja").render(
            **shared, **as_html, lines=[_fill_html(one, values) for one in kind["lines"]]
        ),
    )


def language_of(wanted: str) -> str:
    """The language that a mail is written in: the one wanted, without its region, where its words exist."""
    found = wanted.partition("-")[0].lower()
    return found if found in MAIL_LANGUAGES else MAIL_LANGUAGES[0]


def _shown(order: MailOrder, words: Words) -> dict[str, str]:
    values = {name: value[:MAX_VALUE] for name, value in order.values.items()} | {"name": order.to_name[:MAX_VALUE]}
    if change := values.get("change"):
        values["change"] = words["change"][change]
    if at := values.get("at"):
        values["at"] = f"{datetime.datetime.fromtimestamp(int(at) / 1000, datetime.UTC):%Y-%m-%d %H:%M} UTC"
    values["where"] = " · ".join(part for name in ("device", "place", "at") if (part := values.get(name)))
    return values


def _fill(text: str, values: Mapping[str, str]) -> str:
    return text.format_map(values)


def _fill_html(text: str, values: Mapping[str, str]) -> Markup:
    """As `_fill`, escaped; each value keeps its own direction, so that none turns the words around it."""
    isolated = {name: Markup("<bdi>{}</bdi>").format(value) for name, value in values.items()}
    return escape(text).format_map(isolated)


@functools.cache
def _read_words(language: str) -> Words:
    return tomllib.loads((FOLDER / "words" / f"{language}.toml").read_text(encoding="utf-8"))


@functools.cache
def _template(name: str) -> Any:
    # Imported only where mails are written.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape  # noqa: PLC0415

    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=select_autoescape(["html.jinja"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(name)
