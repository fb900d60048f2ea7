"""The work of subjects in the transaction of new entries (ledger/reaction.py)."""

from collections.abc import Sequence

from crumbless.consent.relay_store import queue_vendor_events
from crumbless.ledger.reaction import Reaction

REACTIONS: Sequence[Reaction] = (queue_vendor_events,)
