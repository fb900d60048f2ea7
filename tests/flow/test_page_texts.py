"""Pages let the browser preload the texts of its language, in parallel with their script."""

import re

import pytest

from support.people import TEA, World

CHAT = f"/chat/{TEA.key}"


def preloaded_texts(page: str, html: str) -> list[str]:
    """Return the languages of the texts that a page preloads."""
    return re.findall(rf'<link rel="modulepreload" href="/assets/{page}\.{page}_texts_(\w+)-[^"]+" nonce="', html)


@pytest.mark.parametrize(
    ("lang", "language"), [("de-AT", "de"), ("AR", "ar"), ("ja", "en"), ('"><script>', "en"), (None, "en")]
)
async def test_chat_preloads_the_texts_of_the_pages_language(world: World, lang: str | None, language: str) -> None:
    answer = await world.http.get(world.server.address + CHAT, params={"lang": lang} if lang else {})
    assert preloaded_texts("frame", answer.text) == [language]


@pytest.mark.parametrize(
    ("accepted", "language"), [("de-AT,de;q=0.9,en;q=0.8", "de"), ("ar", "ar"), ("ja", "en"), ("", "en")]
)
async def test_desk_preloads_the_texts_of_the_browsers_language(world: World, accepted: str, language: str) -> None:
    answer = await world.http.get(f"{world.server.address}/desk/", headers={"accept-language": accepted})
    assert preloaded_texts("desk", answer.text) == [language]
    assert f'<html lang="{language}"' in answer.text


async def test_preloaded_texts_exist(world: World) -> None:
    page = await world.http.get(world.server.address + CHAT, params={"lang": "fr"})
    [path] = re.findall(r'modulepreload" href="([^"]+_texts_fr-[^"]+)"', page.text)
    texts = await world.http.get(world.server.address + path)
    assert texts.status_code == 200
    assert "nouveaux messages" in texts.text
