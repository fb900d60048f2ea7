"""Budgets of the browser code, in compressed bytes: gzip, script and style together."""

import gzip
import json
from pathlib import Path

import pytest

from crumbless.core.texts import languages_of

WEB_DIST = Path(__file__).parents[2] / "src" / "crumbless" / "web_dist"


def compressed_size(surface: str) -> int:
    """Return the bytes of all files of a surface in the manifest, each compressed separately as a server does."""
    manifest: dict[str, dict[str, str]] = json.loads((WEB_DIST / "manifest.json").read_text(encoding="utf-8"))
    return sum(len(gzip.compress((WEB_DIST / path).read_bytes(), 9)) for path in manifest[surface].values())


@pytest.mark.parametrize(
    ("surface", "budget"),
    [
        ("loader", 3_000),
        ("host_storage", 3_200),
        ("tag_ga4", 900),
        ("tag_tiktok", 900),
        ("frame", 30_000),
        ("desk", 90_000),
        ("policy", 12_000),
    ],
)
def test_surface_is_within_its_budget(surface: str, budget: int) -> None:
    size = compressed_size(surface)
    assert 500 <= size <= budget, f"{surface}: {size:,} of {budget:,} bytes"


@pytest.mark.parametrize(("kind", "budget"), [("script", 5_000), ("style", 1_500)])
def test_consent_manager_is_within_its_budgets(kind: str, budget: int) -> None:
    manifest: dict[str, dict[str, str]] = json.loads((WEB_DIST / "manifest.json").read_text(encoding="utf-8"))
    size = len(gzip.compress((WEB_DIST / manifest["consent"][kind]).read_bytes(), 9))
    assert 500 <= size <= budget, f"{kind}: {size:,} of {budget:,} bytes"


CHUNK_BUDGET = 8_000
"""For each part that a surface loads on demand."""


def test_part_loaded_on_demand_is_within_its_budget() -> None:
    manifest: dict[str, dict[str, str]] = json.loads((WEB_DIST / "manifest.json").read_text(encoding="utf-8"))
    # Chunks that a page imports at its start are counted with the page.
    at_start = {path for files in manifest.values() for kind, path in files.items() if kind.startswith("import")}
    sizes = {
        part: compressed_size(part) for part in manifest if "." in part and not {*manifest[part].values()} & at_start
    }
    assert {"frame.your_data_view", "frame.settings_view", "policy.stored_data_mount", "desk.security_page"} <= set(
        sizes
    )
    too_large = {part: size for part, size in sizes.items() if size > CHUNK_BUDGET}
    assert too_large == {}


def test_code_needed_in_an_outage_is_not_loaded_on_demand() -> None:
    manifest: dict[str, dict[str, str]] = json.loads((WEB_DIST / "manifest.json").read_text(encoding="utf-8"))
    on_demand = {part.partition(".")[2] for part in manifest}
    assert not {"stream_http", "stream_poll"} & on_demand


@pytest.mark.parametrize(("page", "budget"), [("frame", 30_000), ("desk", 90_000)])
def test_page_is_within_its_budget_in_every_language(page: str, budget: int) -> None:
    texts = [compressed_size(f"{page}.{page}_texts_{language}") for language in languages_of(page)]
    assert len(texts) >= 5
    assert compressed_size(page) + max(texts) <= budget


def test_every_built_file_has_a_budget() -> None:
    manifest: dict[str, dict[str, str]] = json.loads((WEB_DIST / "manifest.json").read_text(encoding="utf-8"))
    listed = {path for files in manifest.values() for path in files.values()} | {"manifest.json"}
    built = {path.relative_to(WEB_DIST).as_posix() for path in WEB_DIST.rglob("*") if path.is_file()}
    surfaces = {"loader", "tag_ga4", "tag_tiktok", "consent", "host_storage", "frame", "desk", "policy"}
    assert {part.partition(".")[0] for part in manifest} == surfaces
    assert built == listed
