"""The demo's mailbox: newest first, text as text, links to our own address only."""

import re
from types import SimpleNamespace

import httpx
from litestar import Litestar
from litestar.datastructures import State

from crumbless.core.settings import Settings
from crumbless.demo.mailbox_page import PATH, mailbox_route
from crumbless.http.route_adapter import handler_of
from crumbless.http.services import by_type
from crumbless.limit_table import limits_of
from crumbless.mail.mail_compose import compose_mail
from crumbless.mail.mail_memory import MAX_ITEMS, MemoryMail
from crumbless.mail.mail_message import MailRequest
from crumbless.mail.mail_port import Mail

ADDRESS = "http://127.0.0.1:8000"


async def shown(box: MemoryMail) -> httpx.Response:
    settings = Settings()
    services = SimpleNamespace(settings=settings, of=by_type(*limits_of(settings)).__getitem__)
    route = handler_of(mailbox_route(box, ADDRESS))
    app = Litestar([route], state=State({"platform": services}), openapi_config=None)
    transport = httpx.ASGITransport(app)  # pyright: ignore[reportArgumentType]
    async with httpx.AsyncClient(transport=transport, base_url=ADDRESS) as client:
        return await client.get(PATH)


async def test_empty_mailbox_page_has_a_notice() -> None:
    assert "No emails yet" in (await shown(MemoryMail())).text


async def test_sent_emails_are_shown_newest_first() -> None:
    box = MemoryMail()
    for number in range(MAX_ITEMS + 5):
        await box.send(Mail(f"n{number}@tea.example", "", f"Subject {number}.", "text", "<p>html</p>"))
    text = (await shown(box)).text
    assert re.findall(r"Subject (\d+)\.", text) == [str(number) for number in range(MAX_ITEMS + 4, 4, -1)]


async def test_only_links_to_the_demo_are_clickable() -> None:
    box = MemoryMail()
    values = {"inviter": "Olga https://evil.example/x <b>", "workspace": "Tea", "days": "7", "secret": "crt_abc"}
    await box.send(compose_mail(MailRequest("invitation", "otto@tea.example", "en", values), ADDRESS, "Tea"))
    answer = await shown(box)
    links = re.findall(r'<a href="([^"]+)"', answer.text)
    assert links == [f"{ADDRESS}/desk#invite=crt_abc"]
    assert "https://evil.example/x &lt;b&gt;" in answer.text


async def test_page_runs_no_script_and_is_not_cached() -> None:
    headers = (await shown(MemoryMail())).headers
    assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'nonce-")
    assert headers["cache-control"] == "no-store"
