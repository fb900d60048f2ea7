"""Before the visitor opens the chat there is one script, the same for every visitor, and no row on the server."""

import gzip

from support.people import OLGA, TEA, World

VISITORS: tuple[dict[str, str], ...] = (
    {},
    {"user-agent": "Mozilla/5.0 (iPhone)", "accept-language": "de-DE,de;q=0.9", "referer": "https://tea.example/a"},
    {"user-agent": "curl/8", "accept-language": "ar", "cookie": "a=b", "dnt": "1", "x-forwarded-for": "203.0.113.9"},
    {"accept": "*/*", "sec-ch-ua-platform": '"Windows"', "sec-gpc": "1", "origin": "https://tea.example"},
)


def row_counts(world: World) -> dict[str, int]:
    """Return how many rows each table has."""
    names = [name for (name,) in world.server.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
    assert {"visitor", "conversation", "entry", "session"} <= {*names}
    return {name: world.server.rows(f"SELECT count(*) FROM {name}")[0][0] for name in names}


async def test_loader_is_the_same_for_every_visitor(world: World) -> None:
    address = f"{world.server.address}/w/{TEA.key}.js"
    answers = [await world.http.get(address, headers=headers) for headers in VISITORS]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert len({answer.headers["etag"] for answer in answers}) == 1
    varying = {"date", "content-length", "content-encoding"}
    headers_sent = [
        {name: value for name, value in answer.headers.items() if name not in varying} for answer in answers
    ]
    assert all(headers == headers_sent[0] for headers in headers_sent)
    assert TEA.key.encode() in answers[0].content
    assert "max-age=300" in answers[0].headers["cache-control"]
    assert answers[0].headers["cross-origin-resource-policy"] == "cross-origin"
    assert "dpop-nonce" not in answers[0].headers


async def test_compressed_loader_equals_the_plain_one(world: World) -> None:
    address = f"{world.server.address}/w/{TEA.key}.js"
    plain = await world.http.get(address, headers={"accept-encoding": "identity"})
    packed = await world.http.get(address, headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == plain.content
    assert int(packed.headers["content-length"]) == len(gzip.compress(plain.content, 9, mtime=0))


async def test_unchanged_loader_is_not_sent_again(world: World) -> None:
    address = f"{world.server.address}/w/{TEA.key}.js"
    first = await world.http.get(address)
    again = await world.http.get(address, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    other = await world.http.get(address, headers={"if-none-match": '"other"'})
    assert other.status_code == 200


async def test_page_load_adds_no_row(world: World) -> None:
    before = row_counts(world)
    for headers in VISITORS:
        for path in (f"/w/{TEA.key}.js", f"/chat/{TEA.key}", f"/chat/{TEA.key}?lang=fr", "/desk/", "/healthz", "/"):
            answer = await world.http.get(world.server.address + path, headers=headers)
            assert answer.status_code < 400, path
    for _ in range(3):
        stream = await world.raw_stream(world.stranger())
        await stream.challenged()
        await stream.close()
    assert row_counts(world) == before
    await world.visitor()
    assert row_counts(world) != before, "the premise: a message adds rows"


async def test_frame_can_be_embedded_by_pages_of_its_site_only(world: World) -> None:
    policy = (await world.http.get(f"{world.server.address}/chat/{TEA.key}")).headers["content-security-policy"]
    assert f"frame-ancestors {TEA.origin};" in policy
    desk = (await world.http.get(f"{world.server.address}/desk/")).headers["content-security-policy"]
    assert "frame-ancestors 'none'" in desk
    for one in (policy, desk):
        assert "default-src 'none'" in one
        assert "unsafe" not in one
        assert "require-trusted-types-for 'script'" in one


async def test_desk_page_contains_no_personal_data(world: World) -> None:
    await world.operator(OLGA)
    page = (await world.http.get(f"{world.server.address}/desk/")).text
    assert "Olga" not in page
    assert OLGA.email not in page


async def test_language_in_the_url_cannot_inject_markup(world: World) -> None:
    for language in ('"><script>', "en'", "a" * 100, "%22", "<", ""):
        answer = await world.http.get(f"{world.server.address}/chat/{TEA.key}", params={"lang": language})
        assert '<html lang="en" dir="ltr">' in answer.text
    arabic = await world.http.get(f"{world.server.address}/chat/{TEA.key}", params={"lang": "ar"})
    assert '<html lang="ar" dir="rtl">' in arabic.text
