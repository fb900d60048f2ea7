"""The commands of a conversation, as rows for the table of commands (stream/commands.py)."""

from typing import TypeVar

import msgspec

from crumbless.conversations.assignment_set import assign_conversation, before_assignment, check_assignment
from crumbless.conversations.conversation_close import close_conversation
from crumbless.conversations.label_set import before_label, set_label
from crumbless.conversations.message_delete import before_delete, delete_message
from crumbless.conversations.message_edit import before_edit, edit_message
from crumbless.conversations.message_send import before_message, send_message
from crumbless.conversations.note_add import add_note, before_note
from crumbless.conversations.priority_set import before_priority, set_priority
from crumbless.conversations.reaction_set import before_reaction, set_reaction
from crumbless.conversations.seen_mark import mark_seen
from crumbless.conversations.snooze_set import (
    before_snooze,
    before_wake,
    check_snooze,
    snooze_conversation,
    wake_conversation,
)
from crumbless.conversations.typing_show import show_typing
from crumbless.core.errors import ApiError
from crumbless.ledger.entry import check_entry_id, check_text
from crumbless.protocol.frames import (
    Assign,
    Close,
    Delete,
    DeleteNote,
    Edit,
    EditNote,
    Note,
    React,
    Seen,
    Send,
    SetLabel,
    SetPriority,
    Snooze,
    Typing,
    Wake,
)
from crumbless.realtime.command import ActionCommand, Command, EntryCommand

Text = TypeVar("Text", Send, Note, Edit, EditNote)
Change = TypeVar("Change", Delete, DeleteNote, React)

Own = TypeVar("Own", bound=Assign | SetLabel | SetPriority | Snooze | Wake | Close)

MAX_SEQ = 2**53
"""Larger numbers lose digits in JavaScript."""


def check_message(frame: Text) -> Text:
    """Return the frame with its text normalised for storage.

    Raises:
        ApiError: `bad_id`, `empty_text`, `text_too_long`, `bad_text`, `malformed`.
    """
    check_entry_id(frame.id)
    if isinstance(frame, Send):
        if frame.quote:
            check_entry_id(frame.quote)
    elif not isinstance(frame, Note):
        check_entry_id(frame.entry)
    text = check_text(frame.text)
    return frame if text is frame.text else msgspec.structs.replace(frame, text=text)


def check_target(frame: Change) -> Change:
    """Return the frame. Raises ApiError `bad_id`."""
    check_entry_id(frame.id)
    check_entry_id(frame.entry)
    return frame


def check_own_id(frame: Own) -> Own:
    """Return the frame. Raises ApiError `bad_id`, or `invalid` for an invalid time or an empty assignment."""
    check_entry_id(frame.id)
    if isinstance(frame, Snooze):
        check_snooze(frame)
    elif isinstance(frame, Assign):
        check_assignment(frame)
    return frame


def check_mark(frame: Seen) -> Seen:
    """Return the frame. Raises ApiError `invalid` if the number cannot be a seq."""
    if not 0 <= frame.seq <= MAX_SEQ:
        raise ApiError("invalid", "seq must be 0 or more, and at most 2^53.")
    return frame


COMMANDS: tuple[Command, ...] = (
    EntryCommand(Send, "send_message", send_message, check_message, before=before_message),
    EntryCommand(Edit, "edit_message", edit_message, check_message, before=before_edit),
    EntryCommand(Delete, "delete_message", delete_message, check_target, before=before_delete, erases=True),
    EntryCommand(React, "react", set_reaction, check_target, before=before_reaction),
    EntryCommand(Note, "add_note", add_note, check_message, before=before_note),
    EntryCommand(EditNote, "add_note", edit_message, check_message, before=before_edit),
    EntryCommand(DeleteNote, "add_note", delete_message, check_target, before=before_delete, erases=True),
    EntryCommand(
        Assign, "assign_conversation", assign_conversation, check_own_id, rate="frames", before=before_assignment
    ),
    EntryCommand(SetLabel, "set_label", set_label, check_own_id, rate="frames", before=before_label),
    EntryCommand(SetPriority, "set_priority", set_priority, check_own_id, rate="frames", before=before_priority),
    EntryCommand(Snooze, "snooze_conversation", snooze_conversation, check_own_id, rate="frames", before=before_snooze),
    EntryCommand(Wake, "snooze_conversation", wake_conversation, check_own_id, rate="frames", before=before_wake),
    EntryCommand(Close, "close_conversation", close_conversation, check_own_id, rate="frames"),
    ActionCommand(Typing, "show_typing", show_typing),
    ActionCommand(Seen, "mark_seen", mark_seen, check_mark),
)
