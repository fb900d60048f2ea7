"""A chat says under which consent its page stands: from then on its events may be relayed, or no longer."""

from sqlalchemy import Connection

from crumbless.domain.consent import is_receipt
from crumbless.domain.ports import Grant, GrantsPort, ReaderPort
from crumbless.errors import Refused
from crumbless.ids import now_ms
from crumbless.store.consent_store import find_record
from crumbless.store.conversation_store import site_key_of
from crumbless.store.people_store import Site, find_site
from crumbless.store.relay_store import may_relay
from crumbless.store.tag_store import find_tags


async def follow_consent(conversation: str, receipt: str | None, reader: ReaderPort, grants: GrantsPort) -> None:
    """Hold the conversation to this receipt, or to none.

    Raises:
        Refused: `not_found` for a receipt that is unknown or of another site; then none holds.
    """
    grants.hold(conversation, None)
    if receipt is None:
        return
    grant = await reader.read(lambda connection: _grant_of_conversation(connection, conversation, receipt))
    if grant is None:
        raise Refused("not_found", "There is no such receipt on this site.")
    grants.hold(conversation, grant)


def grant_under(connection: Connection, site: Site, receipt: str) -> Grant | None:
    """What this receipt lets the site's relays be told now; None when the site has no such receipt."""
    found = find_record(connection, receipt) if is_receipt(receipt) else None
    if found is None or found[0].site != site.key:
        return None
    chain, now = found[0].chain, now_ms()
    relays = [tag.service for tag in find_tags(connection, site.id) if tag.way == "relay"]
    allowed = frozenset(service for service in relays if may_relay(connection, site.id, chain, service, now))
    return Grant(site.workspace, site.id, chain, allowed)


def _grant_of_conversation(connection: Connection, conversation: str, receipt: str) -> Grant | None:
    key = site_key_of(connection, conversation)
    site = key and find_site(connection, key)
    return grant_under(connection, site, receipt) if site else None
