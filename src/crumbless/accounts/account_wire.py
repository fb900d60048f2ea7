"""The wire types of operators' sign-in and accounts. See frames.py for the conventions."""

from typing import Any, Literal

import msgspec

from crumbless.core.bounds import (
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
from crumbless.protocol.frames import Operator


class SignInRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An operator's email address and password. `time_zone` is that of the browser, such as Europe/Berlin."""

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
    """The password was correct. One of these codes is required too, with the same key, within five minutes."""

    one_time_token: str
    methods: list[SecondFactorMethod]
    expires_at: int


class CodeRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The code of an authenticator app, or a recovery code."""

    one_time_token: Secret
    code: Code
    time_zone: TimeZone = ""


class PasskeyOptions(msgspec.Struct, frozen=True):
    """The options for a passkey request: the JSON form of WebAuthn Level 3. They are valid for five minutes, once."""

    one_time_token: str
    options: dict[str, Any]


class AuthenticatorResponse(msgspec.Struct, frozen=True, omit_defaults=True):
    """The response of an authenticator, in base64url. A new passkey has `attestationObject`; one that is used has
    `authenticatorData`, `signature` and `userHandle`. Other members are ignored."""

    client_data: CredentialPart = msgspec.field(name="clientDataJSON")
    attestation: CredentialPart | None = msgspec.field(default=None, name="attestationObject")
    authenticator_data: CredentialPart | None = msgspec.field(default=None, name="authenticatorData")
    signature: CredentialPart | None = None
    user_handle: CredentialId | None = msgspec.field(default=None, name="userHandle")
    transports: Words | None = None


class PasskeyCredential(msgspec.Struct, frozen=True, omit_defaults=True):
    """The JSON form of a credential (WebAuthn Level 3, section 5.1). Unused members are ignored, because browsers and
    extensions add some."""

    id: CredentialId
    raw_id: CredentialId = msgspec.field(name="rawId")
    type: Word
    response: AuthenticatorResponse


class PasskeyRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The browser's response to the options (PublicKeyCredential.toJSON). For a new passkey: its name, and whether to
    end all other sessions."""

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
    """A new password. `current` is required if there is one. `end_others`: end all other sessions."""

    new: Password
    current: Password = ""
    end_others: bool = True


class TotpSetUp(msgspec.Struct, frozen=True):
    """A secret for an authenticator app: as text, as an address, and as the rows of its QR code (1 is dark)."""

    one_time_token: str
    secret: str
    uri: str
    matrix: list[str]


class TotpConfirm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The first code of the app that was set up. `end_others`: end all other sessions."""

    one_time_token: Secret
    code: Code
    end_others: bool = True


class FactorRemove(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Removes a passkey or the app from the sign-in. `end_others`: end all other sessions."""

    end_others: bool = True


class RecoveryCodes(msgspec.Struct, frozen=True):
    """Ten codes, shown once. Each replaces the authenticator app in one sign-in."""

    codes: list[str]


class NameRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new name."""

    name: Name


class PasskeyInfo(msgspec.Struct, frozen=True):
    """A passkey as its owner sees it. `backed_up`: its provider stores it on several devices."""

    id: str
    name: str
    backed_up: bool
    created_at: int
    last_used_at: int | None


class SessionResponse(msgspec.Struct, frozen=True):
    """A session as its owner sees it: its approximate place, and whether it is the current one."""

    id: str
    device: str
    time_zone_name: str
    factors: str
    created_at: int
    last_seen_at: int
    current: bool


class SecurityResponse(msgspec.Struct, frozen=True):
    """The operator's sign-in methods and sessions. `fresh`: the current session was re-authenticated recently.

    `expires_at`: the latest expiry of the current session.
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
    """The sign-in methods here besides a password and a passkey."""

    providers: list[OidcProviderName]


class InvitationUse(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The secret of an invitation's link, and the new operator's name (visitors see it) and languages."""

    secret: Secret
    name: Name
    languages: Languages = []


class OidcSignInRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Begins a sign-in at a provider. `invitation`: the account accepts it, and signs the operator in later."""

    provider: Provider
    invitation: InvitationUse | None = None


class OidcStartRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Begins a connection or a step-up at a provider."""

    provider: Provider


class OidcStartResponse(msgspec.Struct, frozen=True):
    """The provider's address for the browser. The same key must sign the request that finishes the flow, within ten
    minutes."""

    location: str


class OidcFinishRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The parameters with which the provider sent the browser back."""

    provider: Provider
    state: Secret
    code: ProviderCode
    iss: Issuer = ""
    time_zone: TimeZone = ""


class OidcAccountRemoveRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Unlinks an account at a provider."""

    issuer: Issuer
    subject: Subject


class OidcAccountResponse(msgspec.Struct, frozen=True):
    """An account at a provider that signs the operator in. `label` is the email address from the provider."""

    issuer: str
    subject: str
    label: str
    provider_name: str
    created_at: int
    last_used_at: int | None


class AccountPolicyRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The sign-in requirements for operators of the workspace.

    `second_factor_from`: in milliseconds since 1970; null: not required. `session_hours`, `idle_minutes`: longest life
    of a session, and longest time without use; null: the values of the installation's settings.
    """

    second_factor_from: int | None
    provider_only: bool
    session_hours: int | None
    idle_minutes: int | None


class AccountPolicyResponse(msgspec.Struct, frozen=True):
    """The policy, with the largest values that the installation allows.

    `without_second_factor`: active operators who have none. `provider_possible`: whether the current operator has
    signed in at a provider, and may therefore require it of the others.
    """

    second_factor_from: int | None
    provider_only: bool
    session_hours: int | None
    idle_minutes: int | None
    longest_session_hours: int
    longest_idle_minutes: int
    without_second_factor: int
    provider_possible: bool
