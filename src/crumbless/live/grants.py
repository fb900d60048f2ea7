"""Which conversations may be relayed now. Memory alone: nothing on disk ties a consent to a conversation."""

from collections.abc import Callable

from crumbless.domain.ports import Grant

MOST = 50_000
"""Conversations remembered. One that drops out is relayed again once its chat speaks of its consent again."""


class Grants:
    """The grants of conversations.

    Args:
        on_narrow: told each change of a consent: its chain and the services that may go on.
    """

    def __init__(self, on_narrow: Callable[[str, frozenset[str]], None]) -> None:
        self._on_narrow = on_narrow
        # In order of arrival, oldest first.
        self._held: dict[str, Grant] = {}

    def __bool__(self) -> bool:
        return bool(self._held)

    def hold(self, conversation: str, grant: Grant | None) -> None:
        """From now on this grant holds for the conversation; None: none does."""
        self._held.pop(conversation, None)
        if grant is None or not grant.services:
            return
        self._held[conversation] = grant
        if len(self._held) > MOST:
            del self._held[next(iter(self._held))]

    def find(self, conversation: str) -> Grant | None:
        """The grant that holds for the conversation."""
        return self._held.get(conversation)

    def narrow(self, chain: str, services: frozenset[str]) -> None:
        """The consent of this chain has changed: only these services may go on."""
        for conversation, grant in [*self._held.items()]:
            if grant.chain == chain:
                self.hold(conversation, Grant(grant.workspace, grant.site, chain, grant.services & services))
        self._on_narrow(chain, services)
