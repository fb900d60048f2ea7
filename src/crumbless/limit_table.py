"""The limits of all subjects in one list. app.py registers them, and docs/security.md documents them."""

from crumbless.consent.consent_limits import ConsentLimits
from crumbless.core.settings import Settings
from crumbless.files.file_limits import UploadLimits
from crumbless.http.request_limits import RequestLimits
from crumbless.people.people_limits import InvitationLimits
from crumbless.sign_in.sign_in_limits import SignInLimits
from crumbless.stream.stream_limits import StreamLimits
from crumbless.visitors.visitor_limits import IdentityLimits, PrivacyLimits, StartLimits


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
