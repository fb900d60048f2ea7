"""Messages in ICU MessageFormat, limited to the features that the translations use: values and cardinal plurals.

The build checks every message with a full parser (web/i18n); tests/house/test_texts.py compares both.
"""

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crumbless.core.deferred_import import deferred_module
from crumbless.core.errors import CrumblessError

if TYPE_CHECKING:
    import babel
else:
    # 4 ms.
    babel = deferred_module("babel")


class MessageError(CrumblessError):
    """A message uses what is not supported, or a value is missing or not a number."""


@dataclass(frozen=True, slots=True)
class Value:
    """A placeholder for a value."""

    name: str


@dataclass(frozen=True, slots=True)
class Plural:
    """A choice by number: parts by plural category, or by an exact number such as `=0`."""

    name: str
    forms: Mapping[str, "Parts"]


Parts = tuple[str | Value | Plural, ...]


def format_message(text: str, language: str, values: Mapping[str, object]) -> str:
    """Return the message with its values.

    Raises:
        MessageError: if it is not a supported message, or a value is missing.
    """
    return "".join(str(part) for part, _ in message_parts(text, language, values))


def message_parts(text: str, language: str, values: Mapping[str, object]) -> Iterator[tuple[object, bool]]:
    """Yield the parts of the message in order, each with whether it is one of the values.

    Raises:
        MessageError: as `format_message`.
    """
    yield from _filled(parse_message(text), language, values)


def _filled(parts: Parts, language: str, values: Mapping[str, object]) -> Iterator[tuple[object, bool]]:
    for part in parts:
        match part:
            case str():
                yield part, False
            case Value(name):
                yield _value(name, values), True
            case Plural(name, forms):
                yield from _filled(_form(forms, language, _value(name, values)), language, values)


def _value(name: str, values: Mapping[str, object]) -> object:
    try:
        return values[name]
    except KeyError:
        raise MessageError(f"the value {{{name}}} is missing") from None


def _form(forms: Mapping[str, Parts], language: str, value: object) -> Parts:
    try:
        number = int(str(value))
    except ValueError:
        raise MessageError(f"a plural needs a whole number, not {value!r}") from None
    for form in (f"={number}", _plural_rule(language)(number)):
        if form in forms:
            return forms[form]
    return forms["other"]


@functools.cache
def _plural_rule(language: str) -> Callable[[int], str]:
    return babel.Locale.parse(language).plural_form


@functools.lru_cache(4_096)
def parse_message(text: str) -> Parts:
    """Return the parts of a message.

    Raises:
        MessageError: if it is invalid, or uses another format than values and cardinal plurals.
    """
    reader = _Reader(text)
    parts = reader.parts("")
    if reader.at < len(text):
        raise reader.error("a brace is closed that was not opened")
    return parts


class _Reader:
    """Reads a message from left to right. `at` is the next character."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def error(self, message: str) -> MessageError:
        return MessageError(f"{message}, at character {self.at} of {self.text!r}")

    def parts(self, counted: str) -> Parts:
        """Read up to the end or a closing brace.

        Args:
            counted: the value that `#` stands for; empty outside of a plural.
        """
        found: list[str | Value | Plural] = []
        literal = ""
        while self.at < len(self.text) and self.text[self.at] != "}":
            character = self.text[self.at]
            if character == "'":
                literal += self._quoted("{}#" if counted else "{}")
                continue
            self.at += 1
            if character != "{" and not (counted and character == "#"):
                literal += character
                continue
            if literal:
                found.append(literal)
                literal = ""
            found.append(self._argument() if character == "{" else Value(counted))
        return (*found, literal) if literal else tuple(found)

    def _quoted(self, special: str) -> str:
        """Read an apostrophe. Two are one; before a special character it begins a quotation; else it is literal."""
        following = self.text[self.at + 1 : self.at + 2]
        if following == "'":
            self.at += 2
            return "'"
        if not following or following not in special:
            self.at += 1
            return "'"
        end = self.text.find("'", self.at + 1)
        if end < 0 or self.text[end : end + 2] == "''":
            raise self.error("a quotation has no end, or contains an apostrophe")
        quoted = self.text[self.at + 1 : end]
        self.at = end + 1
        return quoted

    def _argument(self) -> Value | Plural:
        name = self._word()
        if not name:
            raise self.error("a value has no name")
        if self._take() == "}":
            return Value(name)
        if (kind := self._word()) != "plural":
            raise self.error(f"{{{name}}} has the format {kind!r}: only values and plurals are supported")
        if self._take() != ",":
            raise self.error(f"{{{name}}} has no plural forms")
        forms: dict[str, Parts] = {}
        while (form := self._word()) and self._take() == "{":
            forms[form] = self.parts(name)
            if self._take() != "}":
                raise self.error(f"the form {form!r} has no end")
        if form or self._take() != "}" or "other" not in forms:
            raise self.error(f"{{{name}}} needs forms in braces, one of them `other`")
        return Plural(name, forms)

    def _word(self) -> str:
        """Read a name, a category or `=` and a number, with the blanks before it."""
        while self.text[self.at : self.at + 1].isspace():
            self.at += 1
        begin = self.at
        while (character := self.text[self.at : self.at + 1]) and (character.isalnum() or character in "_="):
            self.at += 1
        return self.text[begin : self.at]

    def _take(self) -> str:
        """Read the next character that is not a blank, empty at the end."""
        while self.text[self.at : self.at + 1].isspace():
            self.at += 1
        self.at += 1
        return self.text[self.at - 1 : self.at]
