"""Reads server_data.toml and its texts, from the installed package or from the checkout."""

import functools
from pathlib import Path

import msgspec

from crumbless.core.texts import languages_of, read_texts
from crumbless.server_data.server_data_texts import ServerDataTexts
from crumbless.server_data.server_registry import ServerRegistry, parse_server_registry

_PATHS = (Path(__file__).parents[1] / "server_data.toml", Path(__file__).parents[3] / "server_data.toml")


def read_server_registry() -> ServerRegistry:
    """Return the registry of this version.

    Raises:
        ServerRegistryError: if it is invalid. A build fails in this case.
    """
    return parse_server_registry(next(path for path in _PATHS if path.exists()).read_text(encoding="utf-8"))


@functools.cache
def read_server_data_texts() -> dict[str, ServerDataTexts]:
    """Return the texts about the registry by language, English first."""
    return {
        one: msgspec.convert(read_texts(one, "server_data"), ServerDataTexts) for one in languages_of("server_data")
    }
