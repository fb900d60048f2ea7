"""Renders emails from texts of the catalogue, values as plain text, and one link to the server's address."""

import datetime
import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from crumbless.core.message_format import format_message, message_parts
from crumbless.core.texts import ENGLISH, Texts, direction_of, languages_of, read_texts
from crumbless.mail.mail_message import LINKS, MailRequest
from crumbless.mail.mail_port import Mail

FOLDER = Path(__file__).parent

MAX_VALUE = 200
"""Longest name or other value in an email, in characters: an attacker must not send advertisements with it."""

SURFACE = "email"
"""The surface in the catalogue of texts."""


def compose_mail(mail: MailRequest, address: str, sender: str) -> Mail:
    """Return the email as text and as HTML.

    Args:
        address: the server's public address, from its settings. All links lead there.
        sender: the name of the company that runs the chat, for the last line.
    """
    language = language_of(mail.language)
    texts = read_texts(language, SURFACE)
    kind = texts[mail.kind]
    values = _shown(mail, texts) | {"sender": sender}
    link = address + LINKS[mail.kind].format_map({name: quote(value, safe="") for name, value in mail.values.items()})
    shared = {
        "language": language,
        "direction": direction_of(language),
        "subject": format_message(kind["subject"], language, values),
        "link": link,
        "button": kind["button"],
        "by_hand": texts["by_hand"],
    }
    around = {
        "hello": texts["hello"] if mail.to_name else texts["hello_nobody"],
        "note": kind["note"],
        "footer": texts["footer"],
    }
    as_text = {name: format_message(text, language, values) for name, text in around.items()}
    as_html = {name: _format_html(text, language, values) for name, text in around.items()}
    return Mail(
        mail.to,
        values["name"],
        shared["subject"],
        _template("mail.txt.jinja").render(
            **shared, **as_text, lines=[format_message(one, language, values) for one in kind["lines"]]
        ),
        _template("mail.html.jinja").render(
            **shared, **as_html, lines=[_format_html(one, language, values) for one in kind["lines"]]
        ),
    )


def language_of(wanted: str) -> str:
    """Return the requested language without its region if emails support it, else English."""
    found = wanted.partition("-")[0].lower()
    return found if found in languages_of(SURFACE) else ENGLISH


def _shown(mail: MailRequest, texts: Texts) -> dict[str, str]:
    values = {name: value[:MAX_VALUE] for name, value in mail.values.items()} | {"name": mail.to_name[:MAX_VALUE]}
    if change := values.get("change"):
        values["change"] = texts["change"][change]
    if at := values.get("at"):
        values["at"] = f"{datetime.datetime.fromtimestamp(int(at) / 1000, datetime.UTC):%Y-%m-%d %H:%M} UTC"
    values["where"] = " · ".join(part for name in ("device", "place", "at") if (part := values.get(name)))
    return values


def _format_html(text: str, language: str, values: Mapping[str, str]) -> Markup:
    """Return the message, escaped. `<bdi>` isolates the text direction of each value from the rest."""
    return Markup("").join(
        Markup("<bdi>{}</bdi>").format(part) if is_value else escape(part)
        for part, is_value in message_parts(text, language, values)
    )


@functools.cache
def _template(name: str) -> Any:
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=select_autoescape(["html.jinja"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(name)
