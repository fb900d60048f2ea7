"""A visitor who has a session starts another conversation. Nothing of it exists before its first message."""

from dataclasses import dataclass

from sqlalchemy import Connection

from crumbless.actions.consent_follow import chain_under
from crumbless.domain.access import Session, require
from crumbless.domain.entry import NewEntry, check_entry_id, check_text, entry_for_visitor, message_data
from crumbless.domain.events import ReachChanged
from crumbless.domain.ports import BansPort, LedgerPort, ReaderPort
from crumbless.domain.wire import ConversationAnswer, ConversationRequest
from crumbless.errors import Refused
from crumbless.ids import new_id, now_ms
from crumbless.store.contact_store import find_linked_visitor, visitors_of_contact
from crumbless.store.conversation_store import add_conversation, find_started, hold_consent, site_key_of_visitor
from crumbless.store.identity_key_store import read_mode
from crumbless.store.people_store import Site, find_site, note_visitor_network
from crumbless.store.transaction import after_commit
from crumbless.store.visitor_conversations import visitor_summaries
from crumbless.store.visitor_reach import MOST_REMEMBERED, reach_of


@dataclass(frozen=True, slots=True)
class ConversationAdd:
    """Starts further conversations of visitors."""

    ledger: LedgerPort
    reader: ReaderPort
    bans: BansPort

    async def add(self, by: Session, wanted: ConversationRequest, network: str) -> ConversationAnswer:
        """Start a conversation with its first message, or return the one that this entry id started before.

        Args:
            network: the keyed hash of the caller's network.

        Raises:
            Refused: for the text or id; `forbidden`, `banned`, `id_conflict`, `erased`, `busy`; `identity_needed` where
                the site must verify its visitors; `invalid_token` when the session has ended.
        """
        require(by, "send_message")
        check_entry_id(wanted.id)
        entry = message_data(check_text(wanted.text))
        await self._check_bans(by, network)
        while True:
            found = await self.reader.read(lambda connection: find_started(connection, by.subject, wanted.id))
            conversation = found or new_id()
            try:
                return await self._append(by, wanted, conversation, entry, network, new=found is None)
            except Refused as refused:
                # The same request came twice at the same moment, and the other one was first.
                if refused.code != "id_conflict" or found is not None or not await self._has_started(by, wanted.id):
                    raise

    async def _check_bans(self, by: Session, network: str) -> None:
        known = await self.reader.read(lambda connection: find_linked_visitor(connection, by.subject))
        bans = await self.bans.current()
        contact = known and known.contact
        if bans.holds(by.workspace, visitor=by.subject, key=by.thumbprint, contact=contact, network=network):
            raise Refused("banned")

    async def _has_started(self, by: Session, entry_id: str) -> bool:
        return await self.reader.read(lambda connection: find_started(connection, by.subject, entry_id)) is not None

    async def _append(
        self, by: Session, wanted: ConversationRequest, conversation: str, data: str, network: str, *, new: bool
    ) -> ConversationAnswer:
        def begin(connection: Connection) -> None:
            # Checked here, where nothing can change meanwhile: the session may have ended, or the site's mode changed.
            reach_of(connection, by.id)
            site = _site_of(connection, by)
            known = find_linked_visitor(connection, by.subject)
            if read_mode(connection, site.id) == "required" and (known is None or known.contact is None):
                raise Refused("identity_needed")
            note_visitor_network(connection, by.subject, network)
            if new:
                add_conversation(connection, site, by.subject, conversation)
                # Before the entry, so that the start itself is relayed.
                hold_consent(connection, conversation, chain_under(connection, site, wanted.consent))
            after_commit(connection, ReachChanged(by.workspace, visitors_of_contact(connection, by.subject)))

        entry = NewEntry(
            by.workspace, conversation, wanted.id, now_ms(), "message", "visitor", by.subject, by.name, data
        )
        appended = await self.ledger.append(entry, begin)
        if conversation not in by.reach:
            by.reach = (conversation, *by.reach)[:MOST_REMEMBERED]
        summary = await self.reader.read(lambda connection: visitor_summaries(connection, [conversation])[0])
        return ConversationAnswer(summary, entry_for_visitor(appended))


def _site_of(connection: Connection, by: Session) -> Site:
    key = site_key_of_visitor(connection, by.subject)
    site = key and find_site(connection, key)
    if not site:
        raise Refused("invalid_token")
    return site
