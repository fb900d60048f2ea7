"""Somebody types: sent to the others in the conversation, stored nowhere."""

from crumbless.domain.access import Session, require_conversation
from crumbless.domain.command import CommandServices
from crumbless.domain.visibility import visible
from crumbless.domain.wire import Typing
from crumbless.store.conversation_store import site_and_team_of


async def show_typing(services: CommandServices, actor: Session, frame: Typing) -> None:
    """Send it to the others.

    Raises:
        ApiError: `unknown_conversation`, also for one of another workspace, or that the actor does not see.
    """
    require_conversation(actor, frame.conversation)
    scope = visible(actor)
    site, team = await services.reader.read(
        lambda connection: site_and_team_of(connection, actor.workspace, frame.conversation, scope)
    )
    services.bus.show_typing(actor, frame.conversation, frame.on, site, team)
