"""The fields of a stream command, and values for those that name entries."""

import msgspec

from crumbless.protocol.frames import DeleteNote, EditNote
from crumbless.realtime.command import Command
from support.client import Stream
from support.people import new_entry_id


def fields_of(command: Command) -> set[str]:
    """Return the fields of the command's frame, besides its ID and conversation."""
    return {field.name for field in msgspec.structs.fields(command.frame)} - {"id", "conversation"}


async def targets_of(command: Command, stream: Stream, conversation: str) -> dict[str, object]:
    """Return values for the fields that name entries: a message or a note that the stream's operator writes first."""
    named = fields_of(command) & {"entry", "quote"}
    if not named:
        return {}
    op = "note" if command.frame in {EditNote, DeleteNote} else "send"
    await stream.send(op, id=(target := new_entry_id()), conversation=conversation, text="First")
    await stream.until("ack", id=target)
    return dict.fromkeys(named, target)
