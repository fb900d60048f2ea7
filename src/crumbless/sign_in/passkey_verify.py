"""Passkeys (WebAuthn Level 3): options for browsers and verification of their responses, with the library webauthn.

User verification is required and checked: a passkey counts as two factors only if the device has identified its owner.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from crumbless.core.deferred_import import deferred_module
from crumbless.sign_in.passkey_port import NewPasskey, PasskeyRejected, UsedPasskey

if TYPE_CHECKING:
    import webauthn
    from webauthn.helpers import exceptions, structs
else:
    # 65 ms and 5 MB.
    webauthn = deferred_module("webauthn")
    exceptions = deferred_module("webauthn.helpers.exceptions")
    structs = deferred_module("webauthn.helpers.structs")

T = TypeVar("T")

TIMEOUT_MS = 300_000


@dataclass(frozen=True, slots=True)
class PasskeyVerifier:
    """Creates options and verifies responses for one installation. Passkeys are bound to its host name.

    Args:
        address: the public address. Browsers accept no IP address for a passkey.
    """

    address: str

    def load(self) -> None:
        """Import the library, which takes a while. Call it in a thread before the first verification."""
        _ = webauthn.__version__

    @property
    def _host(self) -> str:
        return urlsplit(self.address).hostname or ""

    def creation_options(
        self, challenge: bytes, owner: bytes, email: str, name: str, known: Sequence[str]
    ) -> dict[str, Any]:
        """Return the browser's options for a new passkey. `owner`: a random ID. `known`: credentials to exclude."""
        options = webauthn.generate_registration_options(
            rp_id=self._host,
            rp_name="Crumbless",
            user_id=owner,
            user_name=email,
            user_display_name=name,
            challenge=challenge,
            timeout=TIMEOUT_MS,
            attestation=structs.AttestationConveyancePreference.NONE,
            authenticator_selection=structs.AuthenticatorSelectionCriteria(
                resident_key=structs.ResidentKeyRequirement.REQUIRED,
                user_verification=structs.UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[
                structs.PublicKeyCredentialDescriptor(id=webauthn.base64url_to_bytes(one)) for one in known
            ],
        )
        return json.loads(webauthn.options_to_json(options))

    def request_options(self, challenge: bytes, allowed: Sequence[str] = ()) -> dict[str, Any]:
        """Return the browser's options for a sign-in with a passkey. Without `allowed`, any passkey of this host."""
        options = webauthn.generate_authentication_options(
            rp_id=self._host,
            challenge=challenge,
            timeout=TIMEOUT_MS,
            allow_credentials=[
                structs.PublicKeyCredentialDescriptor(id=webauthn.base64url_to_bytes(one)) for one in allowed
            ],
            user_verification=structs.UserVerificationRequirement.REQUIRED,
        )
        return json.loads(webauthn.options_to_json(options))

    def verify_new(self, credential: dict[str, Any], challenge: bytes) -> NewPasskey:
        """Return the new passkey. Raises PasskeyRejected."""
        made = _rejecting(
            lambda: webauthn.verify_registration_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=self._host,
                expected_origin=self.address,
                require_user_verification=True,
            )
        )
        return NewPasskey(
            webauthn.helpers.bytes_to_base64url(made.credential_id),
            made.credential_public_key,
            made.sign_count,
            made.credential_backed_up,
        )

    def verify_used(
        self, credential: dict[str, Any], challenge: bytes, public_key: bytes, sign_count: int
    ) -> UsedPasskey:
        """Return the used passkey. Raises PasskeyRejected."""

        def verify(counted: int) -> UsedPasskey:
            used = webauthn.verify_authentication_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=self._host,
                expected_origin=self.address,
                credential_public_key=public_key,
                credential_current_sign_count=counted,
                require_user_verification=True,
            )
            return UsedPasskey(used.new_sign_count, counter_fell=bool(sign_count) and used.new_sign_count <= sign_count)

        # A counter that does not grow may mean a copied key, but some authenticators do not count. So it is reported
        # and not rejected (WebAuthn Level 3, section 6.1.1).
        return _rejecting(lambda: verify(0))


def _rejecting(operation: Callable[[], T]) -> T:
    try:
        return operation()
    except (exceptions.WebAuthnException, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise PasskeyRejected from None
