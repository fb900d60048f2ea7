"""What crosses the wire when operators sign in and look after their own account. See wire.py for the conventions."""

from typing import Any, Literal

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


SecondFactor = Literal["totp", "recovery_code"]


class SignInStep(msgspec.Struct, frozen=True):
    """The password was right and is not enough: a code comes next, from the same key and within five minutes."""

    ticket: str
    ways: list[SecondFactor]


class SignInCodeRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The code of the authenticator app, or one of the recovery codes."""

    ticket: str
    code: str
    time_zone: str = ""


class PasskeyAsk(msgspec.Struct, frozen=True):
    """What the browser gives its authenticator: `options` as parseRequestOptionsFromJSON (to sign in, to step up) or
    parseCreationOptionsFromJSON (to add one) takes them. The ticket goes back with the credential."""

    ticket: str
    options: dict[str, Any]


class PasskeySignInRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The authenticator's answer, as PublicKeyCredential.toJSON() writes it."""

    ticket: str
    credential: dict[str, Any]
    time_zone: str = ""


class StepUpRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The password once more, and a code (of the app, or a recovery code) where TOTP is on."""

    password: str
    code: str = ""


class PasskeyStepUpRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The authenticator's answer, as PublicKeyCredential.toJSON() writes it."""

    ticket: str
    credential: dict[str, Any]


class PasswordChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new password. Unless it is told otherwise, every other session ends."""

    password: str
    end_others: bool = True


class TotpDraft(msgspec.Struct, frozen=True):
    """A seed that is not in force yet. `uri` is what the QR code says, `secret` the same to be typed; `qr` are the
    code's rows from the top, 1 for a dark module and 0 for a light one, without the quiet zone of four around it."""

    ticket: str
    secret: str
    uri: str
    qr: list[str]


class TotpConfirm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The first code that the app shows: the seed has arrived there."""

    ticket: str
    code: str
    end_others: bool = True


class TotpRemove(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Codes are asked for no more; the recovery codes go with them."""

    end_others: bool = True


class RecoveryCodes(msgspec.Struct, frozen=True):
    """Each signs in once in the app's place. They are told this one time; earlier ones are worth nothing now."""

    codes: list[str]


class PasskeyAddRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The new credential, as PublicKeyCredential.toJSON() writes it, and what its owner calls it."""

    ticket: str
    credential: dict[str, Any]
    name: str
    end_others: bool = True


class PasskeyRename(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the owner calls a passkey: 1 to 60 characters."""

    name: str


class PasskeyRemove(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The passkey signs in no more."""

    end_others: bool = True


class PasskeyView(msgspec.Struct, frozen=True):
    """A passkey in the list of its owner. `backed_up`: it is kept by a provider and reaches other devices."""

    id: str
    name: str
    backed_up: bool
    created_at: int
    last_used_at: int | None


class SessionView(msgspec.Struct, frozen=True):
    """A session in the list of its owner. `device` and `place` are coarse words and may be empty; `factors` are what
    was shown when it began: password, totp, recovery_code, passkey, oidc. `current`: it asks."""

    id: str
    device: str
    place: str
    factors: list[str]
    created_at: int
    last_seen_at: int
    expires_at: int
    current: bool


class SecurityView(msgspec.Struct, frozen=True):
    """How an operator signs in, and where they are signed in now. `fresh_until`: until when dangerous acts need no new
    factor in this session."""

    password: bool
    totp: bool
    recovery_codes_left: int
    passkeys: list[PasskeyView]
    identities: list[LinkedIdentity]
    sessions: list[SessionView]
    fresh_until: int
