"""Authenticates a stream by the token and proof of its `auth` frame, and finds its conversation."""

from crumbless.core.ids import confirmed_ms, now_ms
from crumbless.http.look_up import find_session
from crumbless.http.services import Services
from crumbless.protocol.frames import Auth
from crumbless.security.access import Session
from crumbless.security.dpop import ProofRejected, verify_proof
from crumbless.stream.stream_protocol import StreamEnded
from crumbless.visitors.visitor_services import VisitorServices

NO_CONVERSATION = 4404, "there is no such conversation"
"""Close code and reason if the requested conversation does not exist or the session does not reach it."""


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


async def check_bans(services: Services, session: Session) -> None:
    """Raise StreamEnded 4401 for a banned visitor.

    A ban ends the existing sessions. This check rejects a stream that authenticates at the same moment. A banned
    network is not checked: it refuses new starts only.
    """
    if session.role != "visitor":
        return
    bans = await services.of(VisitorServices).bans.current()
    if bans.holds(session.workspace, visitor=session.subject, key=session.thumbprint):
        raise StreamEnded(4401, "this session has ended")


def known_conversation(session: Session, wanted: str | None) -> str:
    """Return the requested conversation or the newest if the session is known to reach it, else an empty text."""
    if wanted is None:
        return next(iter(session.reach), "")
    return wanted if wanted in session.reach else ""
