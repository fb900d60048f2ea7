"""An operator signs in with a password, and out again."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from crumbless.actions.session_begin import Device, begin_session
from crumbless.domain.access import Session
from crumbless.domain.password import MAX_LENGTH, verify_password
from crumbless.domain.ports import BusPort, LedgerPort, ReaderPort
from crumbless.domain.wire_account import SignInAnswer, SignInRequest
from crumbless.errors import Refused
from crumbless.store.people_store import Credentials, end_session, find_credentials

HASHERS = 2
"""Passwords verified at a time: each takes 64 MiB, so a flood of sign-ins waits in line instead of filling memory."""

_threads = ThreadPoolExecutor(HASHERS, "crumbless-password")


async def sign_in(
    request: SignInRequest, device: Device, ledger: LedgerPort, reader: ReaderPort, session_days: int
) -> SignInAnswer:
    """A new session bound to the device's key.

    Raises:
        Refused: `wrong_sign_in`, the same in words and time for an unknown address and a wrong password; `busy`.
    """
    found = await reader.read(lambda connection: find_credentials(connection, request.email))
    if not await _is_right(found, request.password) or found is None or not found.active:
        raise Refused("wrong_sign_in")
    return await ledger.write(lambda connection: begin_session(connection, found, device, "password", session_days))


async def _is_right(found: Credentials | None, password: str) -> bool:
    if len(password) > MAX_LENGTH:
        return False
    kept = (found and found.password_hash) or None
    return await asyncio.get_running_loop().run_in_executor(_threads, verify_password, kept, password)


async def sign_out(session: Session, ledger: LedgerPort, bus: BusPort) -> None:
    """End the session: its token is worth nothing, its streams end.

    Raises:
        Refused: `busy`.
    """
    await ledger.write(lambda connection: end_session(connection, session.id))
    bus.end_session(session)
