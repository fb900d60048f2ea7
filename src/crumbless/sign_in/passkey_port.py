"""The interface to the verifier of passkeys."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from crumbless.core.errors import CrumblessError


class PasskeyRejected(CrumblessError):
    """The browser's response to a challenge is invalid."""


@dataclass(frozen=True, slots=True)
class NewPasskey:
    """A new passkey. `credential` is its ID in base64url."""

    credential: str
    public_key: bytes
    sign_count: int
    backed_up: bool


@dataclass(frozen=True, slots=True)
class UsedPasskey:
    """A passkey after its use. `counter_fell`: its counter did not grow, as that of a copied key."""

    sign_count: int
    counter_fell: bool


class PasskeyPort(Protocol):
    """Creates options for passkeys and verifies browsers' responses (sign_in/passkey_verify.py)."""

    def load(self) -> None:
        """Do the slow work of the first use. Call first, and not on the event loop."""
        ...

    def creation_options(
        self, challenge: bytes, owner: bytes, email: str, name: str, known: Sequence[str]
    ) -> dict[str, Any]: ...

    def request_options(self, challenge: bytes, allowed: Sequence[str] = ()) -> dict[str, Any]: ...

    def verify_new(self, credential: dict[str, Any], challenge: bytes) -> NewPasskey:
        """Raises PasskeyRejected."""
        ...

    def verify_used(
        self, credential: dict[str, Any], challenge: bytes, public_key: bytes, sign_count: int
    ) -> UsedPasskey:
        """Raises PasskeyRejected."""
        ...
