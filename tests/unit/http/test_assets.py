"""The built browser code is loaded into memory, by the names of its manifest."""

import gzip
import json
from pathlib import Path

import pytest

from crumbless.core.errors import SettingsError
from crumbless.http.assets import Assets, make_asset


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a built folder of one page with a style and one without."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "desk-1.js").write_text("desk()")
    (tmp_path / "assets" / "desk-2.css").write_text("a{}")
    (tmp_path / "assets" / "frame-3.js").write_text("frame()")
    (tmp_path / "loader.js").write_text("load(__CRUMBLESS_SITE__)")
    (tmp_path / "consent.js").write_text("ask(__CRUMBLESS_CONSENT_STYLE__)")
    (tmp_path / "consent.css").write_text("b{}\n")
    for service in ("ga4", "tiktok"):
        (tmp_path / f"tag_{service}.js").write_text(f"{service}()")
    manifest = {
        "desk": {"script": "assets/desk-1.js", "style": "assets/desk-2.css", "import0": "assets/desk.base-4.js"},
        "desk.desk_texts_de": {"script": "assets/desk.desk_texts_de-5.js"},
        "frame": {"script": "assets/frame-3.js"},
        "loader": {"script": "loader.js"},
    }
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    return tmp_path


def test_pages_find_their_files(folder: Path) -> None:
    assets = Assets(folder)
    assert assets.script("desk") == "/assets/desk-1.js"
    assert assets.style("desk") == "/assets/desk-2.css"
    assert assets.style("frame") is None
    assert assets.imports("desk") == ["/assets/desk.base-4.js"]
    assert assets.imports("frame") == []
    assert assets.texts("desk", "de") == "/assets/desk.desk_texts_de-5.js"
    assert assets.loader == "load(__CRUMBLESS_SITE__)"
    assert assets.consent == 'ask("b{}")'
    assert assets.tags == {"ga4": "ga4()", "tiktok": "tiktok()"}


def test_files_are_found_by_their_full_path_only(folder: Path) -> None:
    assets = Assets(folder)
    script, style = assets.find("/assets/desk-1.js"), assets.find("/assets/desk-2.css")
    assert script is not None
    assert style is not None
    assert (script.plain, script.media_type) == (b"desk()", "text/javascript")
    assert style.media_type.startswith("text/css")
    for path in ("assets/desk-1.js", "/assets/", "/loader.js", "/manifest.json", "/assets/../loader.js", ""):
        assert assets.find(path) is None


def test_compression_of_an_asset_is_deterministic() -> None:
    one, two = make_asset(b"x" * 500, "text/javascript"), make_asset(b"x" * 500, "text/javascript")
    assert one == two
    assert gzip.decompress(one.packed) == one.plain
    assert len(one.packed) < 100
    assert one.etag != make_asset(b"y", "text/javascript").etag
    assert one.etag.startswith('"')
    assert one.etag.endswith('"')


def test_missing_build_is_reported(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="the browser code is not built"):
        Assets(tmp_path)
