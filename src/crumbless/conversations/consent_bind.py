"""Binds a conversation to a consent receipt, which decides whether its events may be relayed."""

from sqlalchemy import Connection

from crumbless.consent.consent import VisitorConsent, is_receipt
from crumbless.consent.consent_store import find_receipt
from crumbless.consent.tag_store import find_vendor_tags
from crumbless.conversations.conversation_store import bind_consent, consent_chain_of
from crumbless.core.errors import ApiError
from crumbless.http.action_services import ActionServices
from crumbless.security.access import Session
from crumbless.sites.site_store import Site, find_site
from crumbless.visitors.visitor_reach import choose_reached
from crumbless.visitors.visitor_store import site_key_of


async def bind_receipt(services: ActionServices, actor: Session, wanted: VisitorConsent) -> None:
    """Bind a conversation of the visitor to this receipt, or to none.

    Raises:
        ApiError: `unknown_conversation`; `not_found` if the receipt is unknown or belongs to another site. The
            conversation is then bound to none.
    """
    receipt = wanted.receipt

    def find(connection: Connection) -> tuple[str, str | None, str | None, bool]:
        conversation = choose_reached(connection, actor.id, wanted.conversation)
        key = site_key_of(connection, conversation)
        site = key and find_site(connection, key)
        known = site and receipt is not None and _chain_of(connection, site, receipt)
        chain = receipt_chain_for(connection, site, receipt) if site else None
        return conversation, consent_chain_of(connection, conversation), chain, bool(known)

    conversation, before, chain, known = await services.read(find)
    if before != chain:
        await services.write(lambda connection: bind_consent(connection, conversation, chain))
    if receipt is not None and not known:
        raise ApiError("not_found", "This site has no such receipt.")


def receipt_chain_for(connection: Connection, site: Site, receipt: str | None) -> str | None:
    """Return the chain of the receipt to bind a conversation to. Return None if the site uses no relay."""
    if receipt is None or not any(tag.mode == "relay" for tag in find_vendor_tags(connection, site.id)):
        return None
    return _chain_of(connection, site, receipt)


def _chain_of(connection: Connection, site: Site, receipt: str) -> str | None:
    found = find_receipt(connection, receipt) if is_receipt(receipt) else None
    return found[0].chain if found is not None and found[0].site == site.key else None
