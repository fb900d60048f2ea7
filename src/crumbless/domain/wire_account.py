"""What crosses the wire when operators sign in and look after their own account. See wire.py for the conventions."""

import msgspec

from crumbless.domain.wire import Operator


class SignInRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An operator's e-mail address and password."""

    email: str
    password: str


class SignInAnswer(msgspec.Struct, frozen=True):
    """A new operator session. `token` is shown once and works only with the proof's key."""

    token: str
    expires_at: int
    operator: Operator
