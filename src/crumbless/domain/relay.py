"""What a relay tells a vendor, when it tries again, and when it gives up."""

import random

from crumbless.domain.entry import Appended
from crumbless.domain.ports import EventName

KEEP_MS = 72 * 3_600_000
"""GA4 takes events of the last 72 hours; what could not be told by then is dropped and counted."""

FIRST_WAIT_MS = 5_000
LONGEST_WAIT_MS = 3_600_000


def event_name(one: Appended) -> EventName | None:
    """What an entry is to vendors; most are nothing."""
    entry = one.entry
    if entry.kind == "closed":
        return "chat_closed"
    if entry.kind != "message" or entry.author_kind != "visitor":
        return None
    return "chat_start" if one.visitor_seq == 1 else "chat_message_sent"


def wait_after(tries: int) -> int:
    """Milliseconds until the next try: doubling from 5 s to an hour, up to a fifth longer, so that many spread."""
    wait = min(FIRST_WAIT_MS << min(tries, 16), LONGEST_WAIT_MS)
    # Spreads the load; no secret depends on it.
    return wait + random.randrange(wait // 5)  # noqa: S311  # nosec B311
