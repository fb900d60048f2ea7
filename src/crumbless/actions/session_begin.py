"""A session of an operator begins: the one place where their tokens are made."""

from dataclasses import dataclass

from sqlalchemy import Connection

from crumbless.domain.access import Session
from crumbless.domain.proof import token_hash
from crumbless.domain.wire_account import SignInAnswer
from crumbless.ids import new_id, new_token, now_ms
from crumbless.store.people_store import Credentials, add_session

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Device:
    """Whose key a session is bound to, and how the list of sessions names it: in coarse words."""

    thumbprint: str
    name: str = ""
    place: str = ""


def begin_session(
    connection: Connection, person: Credentials, device: Device, factors: str, session_days: int
) -> SignInAnswer:
    """A new session bound to the device's key. The token is told once and kept as a hash.

    Args:
        factors: what was shown, in words, such as "password totp".
    """
    token = new_token("cro_")
    operator, now = person.operator, now_ms()
    session = Session(
        new_id(),
        operator.role,
        person.workspace,
        operator.id,
        operator.name,
        device.thumbprint,
        now + session_days * DAY_MS,
        factor_at=now,
    )
    add_session(connection, session, token_hash(token), factors, device.name, device.place)
    return SignInAnswer(token, session.expires_at, operator)
