"""Somebody types: told to the others in the conversation, kept nowhere."""

from crumbless.domain.access import Session, require, require_conversation
from crumbless.domain.ports import BusPort, ReaderPort
from crumbless.domain.wire import Typing
from crumbless.errors import Refused
from crumbless.store.conversation_store import workspace_of


async def show_typing(by: Session, frame: Typing, reader: ReaderPort, bus: BusPort) -> None:
    """Tell the others.

    Raises:
        Refused: `unknown_conversation`, also for one of another workspace; `forbidden`.
    """
    require(by, "show_typing")
    require_conversation(by, frame.conversation)
    if by.role != "visitor":
        workspace = await reader.read(lambda connection: workspace_of(connection, frame.conversation))
        if workspace != by.workspace:
            raise Refused("unknown_conversation")
    bus.show_typing(by, frame.conversation, frame.on)
