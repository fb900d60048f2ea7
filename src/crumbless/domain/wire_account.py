"""What crosses the wire when operators sign in and look after their own account. See wire.py for the conventions."""

from typing import Any, Literal

import msgspec

from crumbless.domain.bounds import (
    Code,
    CredentialId,
    CredentialPart,
    Email,
    Issuer,
    Languages,
    Name,
    Password,
    Provider,
    ProviderCode,
    Secret,
    Subject,
    TimeZone,
    Word,
    Words,
)
from crumbless.domain.wire import Operator


class SignInRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An operator's email address and password. `time_zone` is where the browser's clock is, such as Europe/Berlin."""

    email: Email
    password: Password
    time_zone: TimeZone = ""


class SignInResponse(msgspec.Struct, frozen=True):
    """A new operator session. `token` is shown once and works only with the proof's key.

    `only_sets_up`: the workspace requires a second factor, and the session may only set one up.
    """

    token: str
    expires_at: int
    operator: Operator
    only_sets_up: bool = False


SecondFactorMethod = Literal["totp", "recovery_code"]


class SignInStep(msgspec.Struct, frozen=True):
    """The password was right; one of these codes is asked for as well, with the same key, within five minutes."""

    one_time_token: str
    methods: list[SecondFactorMethod]
    expires_at: int


class CodeRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The code of an authenticator app, or a recovery code."""

    one_time_token: Secret
    code: Code
    time_zone: TimeZone = ""


class PasskeyOptions(msgspec.Struct, frozen=True):
    """What the browser needs to ask for a passkey: the JSON form of WebAuthn Level 3. Good for five minutes, once."""

    one_time_token: str
    options: dict[str, Any]


class AuthenticatorResponse(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an authenticator made, in base64url. A new passkey has `attestationObject`; one that is used has
    `authenticatorData`, `signature` and `userHandle`. Other members are ignored."""

    client_data: CredentialPart = msgspec.field(name="clientDataJSON")
    attestation: CredentialPart | None = msgspec.field(default=None, name="attestationObject")
    authenticator_data: CredentialPart | None = msgspec.field(default=None, name="authenticatorData")
    signature: CredentialPart | None = None
    user_handle: CredentialId | None = msgspec.field(default=None, name="userHandle")
    transports: Words | None = None


class PasskeyCredential(msgspec.Struct, frozen=True, omit_defaults=True):
    """The JSON form of a credential (WebAuthn Level 3, section 5.1). Members that the server does not use are ignored:
    browsers and extensions add some."""

    id: CredentialId
    raw_id: CredentialId = msgspec.field(name="rawId")
    type: Word
    response: AuthenticatorResponse


class PasskeyRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the browser made of the options (PublicKeyCredential.toJSON). For a new passkey: its name, and whether to
    sign out everywhere else."""

    one_time_token: Secret
    credential: PasskeyCredential
    name: Name = ""
    end_others: bool = True
    time_zone: TimeZone = ""


class StepUpRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The password again; with an authenticator app its code too."""

    password: Password
    code: Code = ""


class PasswordRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new password. `current` is needed where there is one. `end_others`: sign out everywhere else."""

    new: Password
    current: Password = ""
    end_others: bool = True


class TotpSetUp(msgspec.Struct, frozen=True):
    """A secret for an authenticator app, for typing in, as an address, and as the rows of its QR code (1 is dark)."""

    one_time_token: str
    secret: str
    uri: str
    matrix: list[str]


class TotpConfirm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The first code of the app that was set up. `end_others`: sign out everywhere else."""

    one_time_token: Secret
    code: Code
    end_others: bool = True


class FactorRemove(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A passkey or the app is asked for no more. `end_others`: sign out everywhere else."""

    end_others: bool = True


class RecoveryCodes(msgspec.Struct, frozen=True):
    """Ten codes, shown once. Each signs in once in place of the authenticator app."""

    codes: list[str]


class NameRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new name."""

    name: Name


class PasskeyInfo(msgspec.Struct, frozen=True):
    """A passkey as its owner sees it. `backed_up`: its provider keeps it on several devices."""

    id: str
    name: str
    backed_up: bool
    created_at: int
    last_used_at: int | None


class SessionResponse(msgspec.Struct, frozen=True):
    """A session as its owner sees it: where in coarse words, and whether it is the one that asks."""

    id: str
    device: str
    time_zone_name: str
    factors: str
    created_at: int
    last_seen_at: int
    current: bool


class SecurityResponse(msgspec.Struct, frozen=True):
    """How the operator signs in, and where they are signed in now. `fresh`: a factor was shown just now.

    `expires_at`: when the session that asks ends at the latest.
    """

    password: bool
    totp: bool
    recovery_codes_left: int
    passkeys: list[PasskeyInfo]
    oidc_accounts: list["OidcAccountResponse"]
    sessions: list[SessionResponse]
    fresh: bool
    expires_at: int


class OidcProviderName(msgspec.Struct, frozen=True):
    """A provider for a button of the sign-in page."""

    id: str
    name: str


class SignInMethods(msgspec.Struct, frozen=True):
    """How one can sign in here beside a password and a passkey."""

    providers: list[OidcProviderName]


class InvitationUse(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The secret of an invitation's link, and the name (visitors see it) and languages of who joins by it."""

    secret: Secret
    name: Name
    languages: Languages = []


class OidcSignInRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Begins a sign-in at a provider. `invitation`: the account there joins by it, and signs in from then on."""

    provider: Provider
    invitation: InvitationUse | None = None


class OidcStartRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Begins a connection or a step-up at a provider."""

    provider: Provider


class OidcStartResponse(msgspec.Struct, frozen=True):
    """Where the browser goes. The key that signed the request must sign what ends it, within ten minutes."""

    location: str


class OidcFinishRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the provider gave the browser to come back with."""

    provider: Provider
    state: Secret
    code: ProviderCode
    iss: Issuer = ""
    time_zone: TimeZone = ""


class OidcAccountRemoveRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An account at a provider that shall not sign the operator in any more."""

    issuer: Issuer
    subject: Subject


class OidcAccountResponse(msgspec.Struct, frozen=True):
    """An account at a provider that signs the operator in. `label` is the email address that the provider told."""

    issuer: str
    subject: str
    label: str
    provider_name: str
    created_at: int
    last_used_at: int | None


class AccountPolicyRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How operators of the workspace must sign in.

    `second_factor_from`: in milliseconds since 1970; null: not required. `session_hours`, `idle_minutes`: longest life
    of a session, and longest time without use; null: as the installation's settings say.
    """

    second_factor_from: int | None
    provider_only: bool
    session_hours: int | None
    idle_minutes: int | None


class AccountPolicyResponse(msgspec.Struct, frozen=True):
    """The policy, with the largest values that the installation allows.

    `without_second_factor`: active operators who have none. `provider_possible`: whether who asks has signed in at a
    provider, and may require it of the others.
    """

    second_factor_from: int | None
    provider_only: bool
    session_hours: int | None
    idle_minutes: int | None
    longest_session_hours: int
    longest_idle_minutes: int
    without_second_factor: int
    provider_possible: bool
