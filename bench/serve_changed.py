"""`crumbless serve` with one thing taken away, to measure what it costs: for the bench alone, no switch of the product.

python serve_changed.py unchecked   no proof is verified; the session is still looked up
python serve_changed.py ungrouped   a commit for each message
"""

import sys
from dataclasses import dataclass

from crumbless.cli.main import app
from crumbless.http import request
from crumbless.ledger import ledger


def take_away(what: str) -> None:
    """Take away proofs or group commit."""
    if what == "ungrouped":
        ledger.MAX_BATCH = 1
        return
    # The session contains the key's thumbprint anyway: here it is compared with itself.
    find = request.read_caller.__globals__

    def believe(_request: object, _token: object) -> _Anybody:
        return _Anybody(_Same())

    find["read_proof"] = believe


@dataclass(frozen=True)
class _Anybody:
    thumbprint: "_Same"
    replay_key: bytes = b""


class _Same:
    """Equal to every thumbprint."""

    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False

    __hash__ = None  # pyright: ignore[reportAssignmentType]


if __name__ == "__main__":
    take_away(sys.argv[1])
    app(["serve"], standalone_mode=True)
