"""Rates of streams, by the kind of session."""

from dataclasses import dataclass

from crumbless.core.rate_limit import Rate
from crumbless.core.settings import StreamSettings
from crumbless.security.access import Session
from crumbless.stream.stream_protocol import StreamRates

UNBOUND_SHARE = 4
"""Divisor of the usual rates for a session without a key."""


@dataclass(frozen=True, slots=True)
class StreamLimits:
    """Frames and messages of one stream. `unbound`: of a visitor's session without a key."""

    visitor: StreamRates
    unbound: StreamRates
    operator: StreamRates

    @classmethod
    def of(cls, settings: StreamSettings) -> "StreamLimits":
        """Return the rates that the settings ask for."""
        frames = Rate(settings.frames_per_second, settings.frame_burst)
        messages = Rate(settings.visitor_messages_per_minute / 60, settings.visitor_message_burst)
        operator = Rate(settings.operator_messages_per_minute / 60, settings.operator_message_burst)
        return cls(
            visitor=StreamRates(frames, messages),
            unbound=StreamRates(_unbound(frames), _unbound(messages)),
            operator=StreamRates(frames, operator),
        )

    def rates(self, session: Session) -> StreamRates:
        """Return the rates of the session's streams."""
        if session.role != "visitor":
            return self.operator
        return self.visitor if session.bound else self.unbound


def _unbound(rate: Rate) -> Rate:
    return Rate(rate.per_second / UNBOUND_SHARE, max(rate.burst / UNBOUND_SHARE, 1))
