"""The fields of a stream command, and values for those that name entries."""

import msgspec

from crumbless.protocol.frames import DeleteNote, EditNote, Wake
from crumbless.realtime.command import Command
from support.client import Stream
from support.people import new_entry_id

VALUES: dict[str, object] = {
    "mentions": [],
    "on": True,
    "operator": "",
    "priority": "high",
    "reaction": "like",
    "seq": 1,
    "team": None,
    "text": "Good day",
    "until": None,
}
"""A value for each other field of the commands."""


def fields_of(command: Command) -> set[str]:
    """Return the fields of the command's frame, besides its ID and conversation."""
    return {field.name for field in msgspec.structs.fields(command.frame)} - {"id", "conversation"}


async def prepare(command: Command, stream: Stream, conversation: str) -> tuple[dict[str, object], int]:
    """Write in the conversation what the command needs, as the stream's operator.

    Return values for the fields that name entries, and the number of written entries.
    """
    named = fields_of(command) & {"entry", "quote"}
    if named:
        op = "note" if command.frame in {EditNote, DeleteNote} else "send"
        return dict.fromkeys(named, await _written(stream, op, conversation, text="First")), 1
    if command.frame is Wake:
        await _written(stream, "snooze", conversation)
        return {}, 1
    return {}, 0


async def _written(stream: Stream, op: str, conversation: str, **fields: object) -> str:
    await stream.send(op, id=(name := new_entry_id()), conversation=conversation, **fields)
    await stream.until("ack", id=name)
    return name
