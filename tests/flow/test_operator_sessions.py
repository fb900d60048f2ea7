"""Sessions of operators: listed in coarse words, ended one by one or all, and by themselves when nobody uses them."""

import asyncio

from support.client import ask
from support.people import OLGA, OTTO, World
from support.sign_in import end_of, post, security, signed_in


async def test_sessions_are_listed_in_coarse_words_and_ended_one_by_one(own: World) -> None:
    olga = await own.new_operator(OLGA)
    person = own.stranger()
    body = {"email": OLGA.email, "password": OLGA.password, "time_zone": "Europe/Berlin"}
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0"
    answer = await ask(own.http, person, "POST", "/v1/desk/sign-in", body, user_agent=agent)
    await signed_in(own, answer, person)
    others = [one for one in (await security(own, olga))["sessions"] if not one["current"]]
    assert [(one["device"], one["place"]) for one in others] == [("Firefox on Linux", "Europe, Berlin")]
    kept = str(own.server.rows("SELECT * FROM session"))
    assert "127.0.0.1" not in kept
    assert "Mozilla" not in kept
    otto = await own.new_operator(OTTO)
    path = f"/v1/desk/me/sessions/{others[0]['id']}/end"
    assert (await post(own, otto, path)).status_code == 404, "somebody else's session is nobody's"
    stream = await own.stream(person)
    assert (await post(own, olga, path)).status_code == 204
    assert await end_of(stream) == 4401
    assert len((await security(own, olga))["sessions"]) == 1


async def test_others_and_all_are_ended(own: World) -> None:
    olga, second, third = [await own.new_operator(OLGA) for _ in range(3)]
    assert (await post(own, olga, "/v1/desk/me/sessions/end-others")).status_code == 204
    statuses = [(await ask(own.http, one, "GET", "/v1/desk/me")).status_code for one in (olga, second, third)]
    assert statuses == [200, 401, 401]
    assert (await post(own, olga, "/v1/desk/me/sessions/end-all")).status_code == 204
    assert (await ask(own.http, olga, "GET", "/v1/desk/me")).status_code == 401


async def test_a_session_that_is_not_used_for_days_has_expired(own: World) -> None:
    olga = await own.new_operator(OLGA)
    assert (await ask(own.http, olga, "GET", "/v1/desk/me")).status_code == 200
    own.server.stop()
    own.server.change("UPDATE session SET last_seen_at = last_seen_at - 8 * 86400000")
    own.server.start()
    assert (await ask(own.http, olga, "GET", "/v1/desk/me")).status_code == 401


async def test_a_session_on_a_new_device_is_told_by_mail(own: World) -> None:
    await own.new_operator(OLGA)
    mails = "SELECT payload FROM task WHERE kind = 'mail'"
    assert own.server.rows(mails) == [], "the first one is nothing new"
    body = {"email": OLGA.email, "password": OLGA.password}
    agent = "Mozilla/5.0 (iPhone) Safari/604.1"
    answer = await ask(own.http, own.stranger(), "POST", "/v1/desk/sign-in", body, user_agent=agent)
    assert answer.status_code == 200
    assert ["new_sign_in" in row[0] for row in own.server.rows(mails)] == [True]


async def test_threat_52_a_flood_of_sign_ins_is_bounded_and_told_so(own: World) -> None:
    async def try_once(number: int) -> int:
        body = {"email": f"nobody-{number}@tea.example", "password": "wrong wrong"}
        return (await ask(own.http, own.stranger(), "POST", "/v1/desk/sign-in", body)).status_code

    statuses = await asyncio.gather(*(try_once(number) for number in range(120)))
    assert set(statuses) == {401, 503}
    assert (await own.sign_in(OLGA)).status_code == 200
