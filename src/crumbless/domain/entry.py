"""What may become an entry, and what an entry looks like to each side."""

import re

import msgspec

from crumbless.domain.wire import MAX_TEXT, Author, AuthorKind, Entry, Event, Kind
from crumbless.errors import Refused
from crumbless.ids import is_id

# C0 and C1 controls except tab and line feed, and DEL: they have no meaning in a chat and spoof terminals and logs.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_SURROGATES = re.compile(r"[\ud800-\udfff]")

# Anything that can be seen: not white space, and not what Unicode 16 has renderers ignore by default (zero-width
# characters, marks of direction, variation selectors, fillers, tags), nor the empty Braille cell.
# web/shared/message_text.ts says the same by the property's name; both are tested with tests/support/text_cases.json.
_VISIBLE = re.compile(
    r"[^\s\u00ad\u034f\u061c\u115f-\u1160\u17b4-\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    r"\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


class NewEntry(msgspec.Struct, frozen=True, gc=False):
    """An entry before the ledger gave it seq and position."""

    workspace: int
    conversation: str
    id: str
    at: int
    kind: Kind
    author_kind: AuthorKind
    author_id: str
    author_name: str
    text: str = ""
    event: Event = ""


def erasure(workspace: int, conversation: str, entry_id: str, at: int) -> NewEntry:
    """The last entry of a conversation that its visitor has erased. It says that, and not who they were."""
    return NewEntry(workspace, conversation, entry_id, at, "event", "visitor", "", "", event="erased")


def check_entry_id(entry_id: str) -> None:
    """Raises Refused `bad_id` unless the id is a UUID in lower-case hyphenated form."""
    if not is_id(entry_id):
        raise Refused("bad_id")


def check_text(text: str) -> str:
    """The text as it will be kept: line breaks normalised, otherwise untouched.

    Raises:
        Refused: `empty_text`, `text_too_long`, `bad_text`, or `malformed` for a lone surrogate.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if len(text) > MAX_TEXT:
        raise Refused("text_too_long")
    if not _VISIBLE.search(text):
        raise Refused("empty_text")
    if _CONTROLS.search(text):
        raise Refused("bad_text")
    if not text.isascii() and _SURROGATES.search(text):
        raise Refused("malformed")
    return text


def entry_for_operators(entry: NewEntry, seq: int, position: int) -> Entry:
    """The entry as operators of its workspace see it: with position, with the author's id."""
    author = Author(entry.author_kind, entry.author_name, entry.author_id)
    return Entry(entry.conversation, entry.id, seq, entry.at, entry.kind, author, entry.text, entry.event, position)


def entry_for_visitor(entry: NewEntry, seq: int) -> Entry:
    """The entry as its visitor sees it: without position and ids, which tell about others."""
    author = Author(entry.author_kind, entry.author_name)
    return Entry(entry.conversation, entry.id, seq, entry.at, entry.kind, author, entry.text, entry.event)
