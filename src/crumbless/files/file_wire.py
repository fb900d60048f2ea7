"""The protocol's types for files."""

import msgspec


class PhotoResponse(msgspec.Struct, frozen=True):
    """The path of a stored photo; empty once it is removed."""

    photo: str
