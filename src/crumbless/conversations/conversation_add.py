"""Starts another conversation of a visitor who has a session, with its first message."""

from sqlalchemy import Connection

from crumbless.conversations.consent_bind import receipt_chain_for
from crumbless.conversations.conversation_store import add_conversation, bind_consent, find_started
from crumbless.conversations.conversation_wire import ConversationAnswer, ConversationRequest
from crumbless.conversations.visitor_conversations import visitor_summaries
from crumbless.core.errors import ApiError
from crumbless.core.ids import new_id, now_ms
from crumbless.http.action_services import ActionServices
from crumbless.ledger.after_commit import after_commit
from crumbless.ledger.entry import NewEntry, check_entry_id, check_text, entry_for_visitor, message_data
from crumbless.ledger.events import ReachChanged
from crumbless.realtime.session_state import MOST_REMEMBERED
from crumbless.security.access import Session, require
from crumbless.sites.site_store import Site, find_site
from crumbless.visitors.ban_port import BansPort
from crumbless.visitors.contact_store import find_linked_visitor, visitors_of_contact
from crumbless.visitors.identity_key_store import read_mode
from crumbless.visitors.visitor_reach import reach_of
from crumbless.visitors.visitor_store import note_visitor_network, site_key_of_visitor


async def start_another(
    services: ActionServices, actor: Session, wanted: ConversationRequest, network: str, bans: BansPort
) -> ConversationAnswer:
    """Start a conversation with its first message, or return the one that this entry ID started before.

    Args:
        network: the keyed hash of the caller's network.

    Raises:
        ApiError: for an invalid text or ID; `forbidden`, `banned`, `id_conflict`, `erased`, `busy`;
            `identity_needed` if the site requires verified visitors; `invalid_token` if the session has ended.
    """
    require(actor, "send_message")
    check_entry_id(wanted.id)
    entry = message_data(check_text(wanted.text))
    await _check_bans(services, actor, network, bans)
    while True:
        found = await services.read(lambda connection: find_started(connection, actor.subject, wanted.id))
        conversation = found or new_id()
        try:
            return await _append(services, actor, wanted, conversation, entry, network, new=found is None)
        except ApiError as error:
            # The same request was sent twice at once, and the other one was committed first.
            if error.code != "id_conflict" or found is not None or not await _has_started(services, actor, wanted.id):
                raise


async def _check_bans(services: ActionServices, actor: Session, network: str, bans: BansPort) -> None:
    known = await services.read(lambda connection: find_linked_visitor(connection, actor.subject))
    current, contact = await bans.current(), known and known.contact
    if current.holds(actor.workspace, visitor=actor.subject, key=actor.thumbprint, contact=contact, network=network):
        raise ApiError("banned")


async def _has_started(services: ActionServices, actor: Session, entry_id: str) -> bool:
    return await services.read(lambda connection: find_started(connection, actor.subject, entry_id)) is not None


async def _append(
    services: ActionServices,
    actor: Session,
    wanted: ConversationRequest,
    conversation: str,
    data: str,
    network: str,
    *,
    new: bool,
) -> ConversationAnswer:
    def prepare(connection: Connection) -> None:
        # Checked inside the transaction: the session may have ended, or the site's mode may have changed.
        reach_of(connection, actor.id)
        site = _site_of(connection, actor)
        known = find_linked_visitor(connection, actor.subject)
        if read_mode(connection, site.id) == "required" and (known is None or known.contact is None):
            raise ApiError("identity_needed")
        note_visitor_network(connection, actor.subject, network)
        if new:
            add_conversation(connection, site, actor.subject, conversation)
            # Bound before the entry, so that the start itself is relayed.
            bind_consent(connection, conversation, receipt_chain_for(connection, site, wanted.consent))
        after_commit(connection, ReachChanged(actor.workspace, visitors_of_contact(connection, actor.subject)))

    entry = NewEntry(
        workspace=actor.workspace,
        conversation=conversation,
        id=wanted.id,
        at=now_ms(),
        kind="message",
        author_kind="visitor",
        author_id=actor.subject,
        author_name=actor.name,
        data=data,
    )
    appended = await services.append(entry, prepare)
    if conversation not in actor.reach:
        actor.reach = (conversation, *actor.reach)[:MOST_REMEMBERED]
    summary = await services.read(lambda connection: visitor_summaries(connection, [conversation])[0])
    return ConversationAnswer(summary, entry_for_visitor(appended))


def _site_of(connection: Connection, actor: Session) -> Site:
    key = site_key_of_visitor(connection, actor.subject)
    site = key and find_site(connection, key)
    if not site:
        raise ApiError("invalid_token")
    return site
