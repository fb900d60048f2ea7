"""What an `auth` frame says: whose stream it is, by token and proof, and which conversation it serves."""

from crumbless.api.look_up import find_session
from crumbless.api.platform import Services
from crumbless.api.visitor_parts import VisitorServices
from crumbless.domain.access import Session
from crumbless.domain.proof import ProofRejected, verify_proof
from crumbless.domain.stream_session import StreamEnded
from crumbless.domain.wire import Auth
from crumbless.ids import confirmed_ms, now_ms

NO_CONVERSATION = 4404, "there is no such conversation"
"""How a stream ends that names a conversation which does not exist, or which its session does not reach."""


async def verify_auth(services: Services, network: str, nonce: str, frame: Auth) -> Session:
    """Return the session of the frame's token, if the frame proves its key.

    Raises:
        StreamEnded: 4401.
        ApiError: as `find_session`.
    """
    session = await find_session(services, network, frame.token)
    if session is None or not session.alive(confirmed_ms()):
        raise StreamEnded(4401, "the token is unknown or has expired")
    if session.only_sets_up(now_ms()):
        raise StreamEnded(4401, "a second factor must be set up first")
    if session.thumbprint is None:
        return session
    try:
        proof = verify_proof(
            frame.proof,
            method="GET",
            address=f"{services.settings.server.address}/v1/stream",
            nonce_ok=lambda given: given == nonce,
            token=frame.token,
        )
    except ProofRejected:
        raise StreamEnded(4401, "the proof is invalid") from None
    if proof.thumbprint != session.thumbprint:
        raise StreamEnded(4401, "the token belongs to another key")
    return session


async def check_bans(services: Services, network: str, session: Session) -> None:
    """Raises StreamEnded 4401 for a banned visitor.

    A ban has ended the sessions it knew of; this is for those that come into a banned network.
    """
    if session.role != "visitor":
        return
    visitors = services.of(VisitorServices)
    bans = await visitors.bans.current()
    if bans.holds(
        session.workspace,
        visitor=session.subject,
        key=session.thumbprint,
        network=visitors.network_hash(network) if bans.bans else None,
    ):
        raise StreamEnded(4401, "this session has ended")


def known_conversation(session: Session, wanted: str | None) -> str:
    """Return what a stream may listen to at once: the conversation that it names, or the newest; empty if unknown."""
    if wanted is None:
        return next(iter(session.reach), "")
    return wanted if wanted in session.reach else ""
