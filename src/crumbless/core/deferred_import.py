"""Imports a module with its first use, for parts that most installations or most commands never need."""

import importlib
from types import ModuleType


class _DeferredModule(ModuleType):
    """A placeholder for a module, which is imported when one of its attributes is read."""

    def __getattr__(self, name: str) -> object:
        return getattr(importlib.import_module(self.__name__), name)


def deferred_module(name: str) -> ModuleType:
    """Return a placeholder for the module of this full name. It is imported with the first attribute that is read.

    For modules that cost start time or memory (measure it and write it beside the call) and that few processes need.
    Python 3.15 has the same as `lazy import` (PEP 810). Type checkers see the ordinary import:

        if TYPE_CHECKING:
            import httpx
        else:
            httpx = deferred_module("httpx")

    It is safe in threads, unlike `importlib.util.LazyLoader` in Python 3.11. An attribute costs about 1 µs more, so hot
    paths import as usual. A missing package raises ModuleNotFoundError with the first use.
    """
    return _DeferredModule(name)
