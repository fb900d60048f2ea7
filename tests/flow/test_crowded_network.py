"""Many streams from one network do not exclude a visitor of another network. The large form is in tests/proof."""

from pathlib import Path
from statistics import median

import pytest

from hostile import run
from hostile.run import run_attack

FILES = 200
"""Descriptors of the server: fewer than the attacker's connections."""


async def test_streams_from_one_network_do_not_exclude_other_networks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "QUIET_SECONDS", 0.5)
    options: dict[str, object] = {"number": 400, "seconds": 8.0, "kinds": ["websocket"]}
    report = await run_attack(tmp_path, "crowd", options, 4.0, FILES, unauthenticated_per_address=5)
    assert report.seen["websocket"] >= 400, "the premise: more connections than the server has descriptors"
    assert report.newcomer
    # Refused connections are retried, so only a few of them are open at most moments.
    assert median(report.during.descriptors) < FILES / 2
