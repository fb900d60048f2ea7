"""Proof of work during floods: cheap for one visitor, expensive for thousands of starts. It needs no third party.

A challenge is "BITS.EXPIRY.NONCE.MAC". It needs no memory, and every node can verify its MAC. The solution is a number
N for which SHA-256("CHALLENGE:N") begins with BITS zero bits. The client sends "CHALLENGE:N".
"""

import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable
from hashlib import sha256
from hmac import compare_digest
from hmac import digest as hmac_digest

WORK_SECONDS = 150
"""How long a challenge may be solved: less than used solutions are stored (proof.REPLAY_SECONDS)."""

USUAL_BITS = 15
"""32,000 hashes on average: a tenth of a second on a phone."""

FLOOD_BITS = 18
"""Eight times as much, for a network that still floods."""

_MAX_SOLUTION = 200


class ProofOfWork:
    """Issues challenges and verifies solutions.

    Args:
        secret: the same on every node.
        now: seconds since 1970.
    """

    def __init__(self, secret: bytes, now: Callable[[], float]) -> None:
        self._secret = secret
        self._now = now

    def challenge(self, bits: int) -> str:
        """Return a new challenge."""
        body = f"{bits}.{int(self._now()) + WORK_SECONDS}.{secrets.token_urlsafe(12)}"
        return f"{body}.{self._mac(body)}"

    def accepts(self, solution: str, bits: int) -> bytes | None:
        """Return the solution's key in a replay cache, or None if it is invalid, expired or too easy."""
        challenge, _, number = solution.partition(":")
        body, _, mac = challenge.rpartition(".")
        if len(solution) > _MAX_SOLUTION or not solution.isascii() or not number.isdigit():
            return None
        if not compare_digest(mac.encode(), self._mac(body).encode()):
            return None
        # The MAC is ours, so its parts are numbers.
        required, expiry, _ = body.split(".", 2)
        if int(required) < bits or int(expiry) < self._now() or not _is_solved(solution, int(required)):
            return None
        return sha256(challenge.encode()).digest()[:16]

    def _mac(self, body: str) -> str:
        return urlsafe_b64encode(hmac_digest(self._secret, body.encode(), "sha256")[:16]).rstrip(b"=").decode()


def _is_solved(solution: str, bits: int) -> bool:
    return int.from_bytes(sha256(solution.encode()).digest()[:4]) >> (32 - bits) == 0
