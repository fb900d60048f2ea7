"""Sends typing indicators to the other participants of a conversation. They are not stored."""

from crumbless.conversations.conversation_store import site_and_team_of
from crumbless.protocol.frames import Typing
from crumbless.realtime.command import CommandServices
from crumbless.security.access import Session, require_conversation
from crumbless.security.visibility import visible


async def show_typing(services: CommandServices, actor: Session, frame: Typing) -> None:
    """Send the indicator to the other participants.

    Raises:
        ApiError: `unknown_conversation`, also for a conversation of another workspace or outside the actor's scope.
    """
    require_conversation(actor, frame.conversation)
    scope = visible(actor)
    site, team = await services.reader.read(
        lambda connection: site_and_team_of(connection, actor.workspace, frame.conversation, scope)
    )
    services.bus.show_typing(actor, frame.conversation, frame.on, site, team)
