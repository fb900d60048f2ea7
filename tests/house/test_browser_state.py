"""Shared state of the desk is in signals, and only the desk has signals. web/desk/state/desk_feed.ts has the reason."""

import re
from pathlib import Path

import pytest

WEB = Path(__file__).parents[2] / "web"

SIGNALS = re.compile(r'from "@preact/signals"')
LISTENERS = re.compile(r'from "[./]+/core/observable|new (?:Set|Map)<[^;\n]*=>|new EventTarget\b')
"""Observables and collections of functions."""

BRIDGE = "desk/state/preference_signals.ts"
"""Makes signals of the preferences, which the frame observes too."""


def scripts() -> dict[str, str]:
    files = [path for path in WEB.rglob("*.ts*") if ".test." not in path.name]
    return {path.relative_to(WEB).as_posix(): path.read_text("utf-8") for path in files}


def test_only_the_desk_has_signals() -> None:
    users = {name for name, source in scripts().items() if SIGNALS.search(source)}
    assert len(users) >= 5
    assert {name for name in users if not name.startswith("desk/")} == set()


def test_desk_has_no_other_listeners() -> None:
    assert {
        name for name, source in scripts().items() if name.startswith("desk/") and LISTENERS.search(source)
    } == set()


def test_desk_observes_preferences_in_one_file() -> None:
    users = {name for name, source in scripts().items() if name.startswith("desk/") and ".observe(" in source}
    assert users == {BRIDGE}


@pytest.mark.parametrize(
    "source",
    [
        'import { useObserved } from "../../core/observable_use";',
        "readonly #listeners = new Set<(value: T) => void>();",
        "class Feed { all = new Map<string, () => void>(); }",
    ],
)
def test_listener_is_found(source: str) -> None:
    assert LISTENERS.search(source)
