"""The scripts that put a vendor's tag into a page are served only to sites that use the tag in browsers."""

import pytest

from support.consent import take_off, use_tags
from support.people import BIKES, TEA, World


async def test_tag_script_is_served_only_to_sites_that_use_it_in_the_browser(world: World) -> None:
    address = f"{world.server.address}/tags/{BIKES.key}/ga4.js"
    assert (await world.http.get(address)).status_code == 404
    use_tags(world.server, "ga4", mode="relay", shop=BIKES)
    assert (await world.http.get(address)).status_code == 404
    use_tags(world.server, "ga4", mode="browser", shop=BIKES)
    served = await world.http.get(address)
    assert served.status_code == 200
    assert served.headers["content-type"].startswith("text/javascript")
    assert served.headers["cross-origin-resource-policy"] == "cross-origin"
    assert '"G-TEA123"' in served.text
    assert "google-secret" not in served.text
    take_off(world.server, "ga4", shop=BIKES)
    assert (await world.http.get(address)).status_code == 404


@pytest.mark.parametrize("name", ["tiktok", "tiktok.css", "other.js", ".js", "ga4.js"])
async def test_other_script_names_are_not_found(world: World, name: str) -> None:
    use_tags(world.server, "tiktok", mode="browser")
    take_off(world.server, "ga4")
    assert (await world.http.get(f"{world.server.address}/tags/{TEA.key}/tiktok.js")).status_code == 200
    assert (await world.http.get(f"{world.server.address}/tags/{TEA.key}/{name}")).status_code == 404
    assert (await world.http.get(f"{world.server.address}/tags/nobody/tiktok.js")).status_code == 404
