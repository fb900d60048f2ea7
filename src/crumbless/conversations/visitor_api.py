"""Visitors' requests over HTTP: start, list and add conversations, bind a consent, export and erase data."""

from typing import Annotated

import msgspec
from litestar.response import Stream

from crumbless.consent.consent import VisitorConsent
from crumbless.conversations.consent_bind import bind_receipt
from crumbless.conversations.conversation_add import start_another
from crumbless.conversations.conversation_start import StartContext, start_conversation
from crumbless.conversations.conversation_wire import (
    ConversationAnswer,
    ConversationRequest,
    StartRequest,
    StartResponse,
)
from crumbless.conversations.start_admission import admit_start
from crumbless.conversations.visitor_conversations import visitor_conversations
from crumbless.http.call import PublicCall, VisitorCall
from crumbless.http.long_response import while_alive
from crumbless.http.request import read_proof
from crumbless.protocol.timeline import VisitorConversations
from crumbless.visitors.privacy_wire import ErasedResponse
from crumbless.visitors.visitor_privacy import erase_own, export_own
from crumbless.visitors.visitor_services import VisitorServices
from crumbless.visitors.visitor_store import site_key_of_visitor


async def start(call: PublicCall, wanted: StartRequest) -> StartResponse:
    """Start a conversation with its first message."""
    services, proof = call.platform, read_proof(call.request, None)
    thumbprint = proof and proof.thumbprint
    await admit_start(services, call.network, wanted.site, wanted.work, thumbprint)
    visitors = call.of(VisitorServices)
    context = StartContext(thumbprint, visitors.network_hash(call.network))
    return await start_conversation(call.services, context, wanted, visitors)


class ConversationsQuery(msgspec.Struct, frozen=True):
    """The requested page: at most `limit` conversations of the visitor with a number below `before`."""

    before: Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)] | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 50


async def get_conversations(call: VisitorCall, query: ConversationsQuery) -> VisitorConversations:
    """Return the visitor's conversations, the last started first."""
    return await call.read(visitor_conversations, call.session.id, query.before, query.limit)


async def post_conversation(call: VisitorCall, wanted: ConversationRequest) -> ConversationAnswer:
    """Start another conversation of the visitor with its first message."""
    services, session = call.platform, call.session
    site = await call.read(site_key_of_visitor, session.subject)
    await admit_start(services, call.network, site or "", wanted.work, session.thumbprint)
    visitors = call.of(VisitorServices)
    network = visitors.network_hash(call.network)
    return await start_another(call.services, session, wanted, network, visitors.bans)


async def erase(call: VisitorCall) -> ErasedResponse:
    """Erase what is stored about the visitor."""
    return await erase_own(call.services, call.session)


async def export(call: VisitorCall) -> Stream:
    """Return what is stored about the visitor."""
    pieces = await export_own(call.services, call.session)
    return Stream(while_alive(call.request, call.session, pieces), media_type="application/json")


async def post_consent(call: VisitorCall, wanted: VisitorConsent) -> None:
    """Bind a conversation to a consent receipt, or to none."""
    await bind_receipt(call.services, call.session, wanted)
