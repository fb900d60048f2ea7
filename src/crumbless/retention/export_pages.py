"""Reads the rows of an export in pages, and writes its lines. So an export needs bounded memory."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, select

from crumbless.http.action_services import ActionServices
from crumbless.retention.export_lines import EndLine

PAGE = 200
"""Rows, or entries of a conversation, that are read at a time."""

_encode = msgspec.json.Encoder().encode


async def pages(
    services: ActionServices, table: Any, key: Any, chosen: ColumnElement[bool], first: object
) -> AsyncIterator[Sequence[Any]]:
    """Yield the rows that match, in pages in the order of the key. `first`: a key before all others."""
    after = first
    while page := await services.read(
        lambda connection, after=after: connection.execute(
            select(table).where(chosen, key > after).order_by(key).limit(PAGE)
        ).all()
    ):
        after = page[-1]._mapping[key.name]  # pyright: ignore[reportPrivateUsage] - its public name
        yield page


class LineWriter:
    """Encodes the lines of an export and counts them."""

    def __init__(self) -> None:
        self._lines = 0

    def write(self, lines: Sequence[msgspec.Struct]) -> bytes:
        """Return the lines as JSON documents."""
        self._lines += len(lines)
        return b"".join(_encode(one) + b"\n" for one in lines)

    def end(self) -> bytes:
        """Return the last line."""
        return self.write([EndLine(self._lines + 1)])
