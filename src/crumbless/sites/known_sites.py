"""The site keys that this node found recently. Requests for them are exempt from the limit of unknown names."""

from collections import OrderedDict

MAX_ITEMS = 10_000


class KnownSites:
    """Site keys that were found recently. Another client of the network cannot use up the limit for these sites."""

    __slots__ = ("_keys",)

    def __init__(self) -> None:
        # Ordered by the last find, oldest first.
        self._keys: OrderedDict[str, None] = OrderedDict()

    def __contains__(self, key: str) -> bool:
        return key in self._keys

    def __len__(self) -> int:
        return len(self._keys)

    def note(self, key: str, *, known: bool) -> None:
        """Remember a key that exists, forget one that does not."""
        self._keys.pop(key, None)
        if known:
            self._keys[key] = None
            if len(self._keys) > MAX_ITEMS:
                self._keys.popitem(last=False)
