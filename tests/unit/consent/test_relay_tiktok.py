"""TikTok counts events with the same ID once. A repeat needs the same ID, and another event another one."""

from crumbless.consent.relay_port import RelayAccount, RelayEvent
from crumbless.consent.relay_tiktok import TiktokRelay
from support.vendors import tiktok

ACCOUNT = RelayAccount("CPIXELTEA", "secret", "https://tea.example")
FIRST = RelayEvent(1, "chat_start", 1_700_000_000_000, "A" * 22)


async def test_event_in_a_reused_row_of_the_outbox_has_a_new_id() -> None:
    later = RelayEvent(1, "chat_start", FIRST.at + 1, FIRST.chain)
    other = RelayEvent(1, "chat_start", FIRST.at, "B" * 22)
    with tiktok() as vendor:
        relay = TiktokRelay(vendor.address)
        for events in ([FIRST], [FIRST], [later, other]):
            await relay.send(ACCOUNT, events)
        await relay.close()
    first, repeat, *others = [one["event_id"] for request in vendor.relayed() for one in request.json["data"]]
    assert first == repeat
    assert len({first, *others}) == 3
