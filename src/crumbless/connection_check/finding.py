"""The finding of one check."""

from dataclasses import dataclass
from typing import Literal

State = Literal["good", "warning", "bad"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`said`: what is so. `advice`: what to do; empty when all is well."""

    name: str
    state: State
    said: str
    advice: str = ""


def good(name: str, said: str) -> Finding:
    """All is well."""
    return Finding(name, "good", said)


def warning(name: str, said: str, advice: str) -> Finding:
    """It works, and could be better."""
    return Finding(name, "warning", said, advice)


def bad(name: str, said: str, advice: str) -> Finding:
    """People will meet this."""
    return Finding(name, "bad", said, advice)
