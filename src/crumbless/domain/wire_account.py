"""What crosses the wire when operators sign in and look after their own account. See wire.py for the conventions."""

import msgspec

from crumbless.domain.wire import Operator


class SignInRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An operator's e-mail address and password. `time_zone` is where the browser's clock is, such as Europe/Berlin."""

    email: str
    password: str
    time_zone: str = ""


class SignInAnswer(msgspec.Struct, frozen=True):
    """A new operator session. `token` is shown once and works only with the proof's key."""

    token: str
    expires_at: int
    operator: Operator


class OidcProviderName(msgspec.Struct, frozen=True):
    """A provider for a button of the sign-in page."""

    id: str
    name: str


class SignInWays(msgspec.Struct, frozen=True):
    """How one can sign in here beside a password and a passkey."""

    providers: list[OidcProviderName]


class OidcStartRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Begins a sign-in, a connection or a step-up at a provider."""

    provider: str


class OidcStartAnswer(msgspec.Struct, frozen=True):
    """Where the browser goes. The key that signed the request must sign what ends it, within ten minutes."""

    location: str


class OidcFinishRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the provider gave the browser to come back with."""

    provider: str
    state: str
    code: str
    iss: str = ""
    time_zone: str = ""


class IdentityRemoveRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An account at a provider that shall not sign the operator in any more."""

    issuer: str
    subject: str


class LinkedIdentity(msgspec.Struct, frozen=True):
    """An account at a provider that signs the operator in. `label` is the e-mail address that the provider told."""

    issuer: str
    subject: str
    label: str
    provider_name: str
    created_at: int
    last_used_at: int | None
