import subprocess
import sys

import pytest

from crumbless.core import ids
from crumbless.core.deferred_import import deferred_module

PROGRAM = """
import sys
from crumbless.core.deferred_import import deferred_module
colours = deferred_module("colorsys")
assert "colorsys" not in sys.modules
assert colours.rgb_to_hsv(0, 0, 0) == (0, 0, 0)
assert "colorsys" in sys.modules
"""


def test_module_is_imported_with_its_first_use() -> None:
    subprocess.run([sys.executable, "-c", PROGRAM], check=True)


def test_placeholder_shows_replaced_attributes(monkeypatch: pytest.MonkeyPatch) -> None:
    module = deferred_module("crumbless.core.ids")
    assert module.now_ms is ids.now_ms
    monkeypatch.setattr(ids, "now_ms", lambda: 2)
    assert module.now_ms() == 2


def test_missing_module_raises_with_its_first_use() -> None:
    missing = deferred_module("crumbless.no_such_module")
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        _ = missing.anything
