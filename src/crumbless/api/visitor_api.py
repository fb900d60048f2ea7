"""What visitors request over HTTP: to start, to export what is stored about them, and to have it erased."""

from litestar.response import Stream

from crumbless.actions.conversation_start import Arrival, start_conversation
from crumbless.actions.visitor_privacy import erase_own, export_own
from crumbless.api.admission import admit_start
from crumbless.api.call import PublicCall, VisitorCall
from crumbless.api.long_response import while_alive
from crumbless.api.request_read import read_proof
from crumbless.domain.wire import StartAnswer, StartRequest
from crumbless.domain.wire_identity import ErasedAnswer


async def start(call: PublicCall, wanted: StartRequest) -> StartAnswer:
    """Start a conversation with its first message."""
    platform, proof = call.platform, read_proof(call.request, None)
    thumbprint = proof and proof.thumbprint
    await admit_start(platform, call.network, wanted.site, wanted.work, thumbprint)
    arrival = Arrival(thumbprint, platform.visitors.network_hash(call.network))
    return await start_conversation(wanted, arrival, platform.ledger, platform.reader, platform.visitors.vouch)


async def erase(call: VisitorCall) -> ErasedAnswer:
    """Erase what is stored about the visitor."""
    return await erase_own(call.session, call.platform.ledger)


async def export(call: VisitorCall) -> Stream:
    """Return what is stored about the visitor."""
    pieces = await export_own(call.session, call.platform.reader)
    return Stream(while_alive(call.request, call.session, pieces), media_type="application/json")
