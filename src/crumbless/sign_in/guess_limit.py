"""Slows down attempts to guess a password or code, without locking the operator out.

Wrong attempts are counted by account and network, and by account from anywhere. An attacker with many networks can
reach the second count easily. So it causes a wait of at most WIDE_SECONDS, and known callers are exempt from it.
A caller is known by the key of an earlier session, or by the network of an earlier sign-in or password reset. A known
key has a separate count, so other clients of the same network cannot slow it down.
"""

import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from crumbless.accounts.known_network_store import find_known
from crumbless.core.errors import ApiError
from crumbless.http.device import operator_network_hash
from crumbless.http.services import Services
from crumbless.sign_in.attempts_notice import queue_attempts_check
from crumbless.sign_in.sign_in_limits import WIDE_GUESSES, SignInLimits

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Guesser:
    """The caller who makes an attempt.

    Args:
        account: the operator's ID or email address.
        thumbprint: the thumbprint of the key that signed the request.
        network: as `client_network` returns it.
        factor: set if this factor is counted separately from the account's others.
    """

    account: str
    thumbprint: str
    network: str
    factor: str = ""

    @property
    def wide(self) -> str:
        """Return the throttle key of the account."""
        return f"{self.factor} {self.account}" if self.factor else self.account


async def throttled(services: Services, guesser: Guesser, attempt: Callable[[], Awaitable[T]], *failures: str) -> T:
    """Return the outcome of an attempt to prove an identity, unless earlier failures make it wait.

    Args:
        failures: the codes of a wrong attempt.

    Raises:
        ApiError: `slow_down`, and every code of the attempt.
    """
    own = await _admit(services, guesser)
    # Counted before the outcome is known, so that many attempts at once gain nothing. No await since the check.
    limits, now = services.of(SignInLimits), time.monotonic()
    throttle, wide = limits.guesses, limits.wide_guesses
    throttle.count(own, now)
    wrong = wide.count(guesser.wide, now)
    try:
        outcome = await attempt()
    except BaseException as error:
        if not isinstance(error, ApiError) or error.code not in failures:
            throttle.take_back(own)
            wide.take_back(guesser.wide)
        elif wrong % WIDE_GUESSES == 0:
            await _notify(services, guesser)
        raise
    throttle.succeed(own)
    wide.take_back(guesser.wide)
    return outcome


async def _admit(services: Services, guesser: Guesser) -> str:
    """Return the key under which the attempt is counted. Raises ApiError `slow_down`."""
    limits = services.of(SignInLimits)
    throttle, wide = limits.guesses, limits.wide_guesses
    own, now = f"{guesser.wide} {guesser.network}", time.monotonic()
    own_wait, wide_wait = throttle.wait(own, now), wide.wait(guesser.wide, now)
    if not own_wait and not wide_wait:
        return own
    # Read only now, because callers that need not wait cost no read.
    network_hash = operator_network_hash(services.secret_box, guesser.network)
    known = await services.reader.read(
        lambda connection: find_known(connection, guesser.account, guesser.thumbprint, network_hash)
    )
    now = time.monotonic()
    if known.key:
        own = f"{guesser.wide} key {guesser.thumbprint}"
    wait = throttle.wait(own, now)
    if not known.key and not known.network:
        wait = max(wait, wide.wait(guesser.wide, now))
    if wait:
        raise ApiError("slow_down", retry_after=wait)
    return own


async def _notify(services: Services, guesser: Guesser) -> None:
    # The same work for accounts that do not exist, because the task looks them up. A full queue changes no response.
    with contextlib.suppress(ApiError):
        await services.ledger.write(
            lambda connection: queue_attempts_check(connection, guesser.account, services.secret_box)
        )
