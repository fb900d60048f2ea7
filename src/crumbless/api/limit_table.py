"""The limits of all subjects in one list. app.py registers them, and docs/security.md documents them."""

from crumbless.api.consent_limits import ConsentLimits
from crumbless.api.file_limits import UploadLimits
from crumbless.api.people_limits import InvitationLimits
from crumbless.api.request_limits import RequestLimits
from crumbless.api.sign_in_limits import SignInLimits
from crumbless.api.stream_limits import StreamLimits
from crumbless.api.visitor_limits import IdentityLimits, PrivacyLimits, StartLimits
from crumbless.settings import Settings


def limits_of(settings: Settings) -> list[object]:
    """Return the limits that the settings ask for. The names of their fields are unique."""
    return [
        RequestLimits.of(settings.server),
        StreamLimits.of(settings.streams),
        StartLimits.of(settings.visitors),
        IdentityLimits.of(),
        PrivacyLimits.of(settings.visitors),
        ConsentLimits.of(settings.consent),
        SignInLimits.of(settings.sign_in),
        InvitationLimits.of(),
        UploadLimits.of(settings.files),
    ]
