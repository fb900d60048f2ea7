"""Somebody types: sent to the others in the conversation, stored nowhere."""

from crumbless.domain.access import Session, require_conversation
from crumbless.domain.command import CommandServices
from crumbless.domain.wire import Typing
from crumbless.errors import Refused
from crumbless.store.conversation_store import workspace_of


async def show_typing(services: CommandServices, actor: Session, frame: Typing) -> None:
    """Send it to the others.

    Raises:
        Refused: `unknown_conversation`, also for one of another workspace.
    """
    require_conversation(actor, frame.conversation)
    if actor.role != "visitor":
        workspace = await services.reader.read(lambda connection: workspace_of(connection, frame.conversation))
        if workspace != actor.workspace:
            raise Refused("unknown_conversation")
    services.bus.show_typing(actor, frame.conversation, frame.on)
