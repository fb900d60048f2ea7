"""An operator bans a visitor, and their network, from the conversation."""

from playwright.sync_api import ViewportSize, expect

from support.browser import accessibility_faults
from support.scene import DEADLINE_MS, SENT, BrowserScenario
from support.server import wait_until

WIDE: ViewportSize = {"width": 1280, "height": 800}


def test_visitor_and_network_are_banned_from_their_conversation(scenario: BrowserScenario) -> None:
    desk, visitor, other = scenario.desk(viewport=WIDE), scenario.visitor(), scenario.visitor()
    for one, text in ((visitor, "Rubbish"), (other, "Hello")):
        one.open()
        one.say(text)
        expect(one.chat.get_by_text(SENT)).to_be_visible()
    desk.sign_in()
    desk.open("Rubbish")
    desk.page.get_by_role("button", name="Ban visitor").click()
    dialog = desk.page.get_by_role("dialog", name="Ban this visitor?")
    dialog.get_by_label("For how many days").fill("3")
    dialog.get_by_label("Reason").fill("Rubbish only")
    tick = dialog.get_by_role("checkbox", name="Also ban their network for 24 hours")
    expect(tick).not_to_be_checked()
    expect(dialog).to_contain_text("1 other visitor came from it today.")
    expect(dialog).to_contain_text("new chats from this network need a short computation")
    tick.check()
    expect(dialog).to_contain_text("No one on this network can start a new chat. Chats that have begun continue.")
    assert accessibility_faults(desk.page.main_frame) == []
    dialog.get_by_role("button", name="Ban visitor").click()
    expect(dialog).to_have_count(0)
    desk.page.goto(f"{desk.address}#/settings/bans")
    table = desk.page.get_by_role("table", name="Banned visitors")
    expect(table).to_contain_text("Rubbish only")
    for kind in ("This visitor", "Their browser", "Their network"):
        expect(table.get_by_role("cell", name=kind, exact=True)).to_have_count(1)
    newcomer = scenario.visitor()
    newcomer.open()
    newcomer.say("Let me in")
    expect(newcomer.chat.get_by_text("You cannot use this chat at the moment.")).to_be_visible()
    other.say("I am still here")
    wait_until(lambda: "I am still here" in scenario.timeline(), DEADLINE_MS / 1000, "the message is stored")
    table.get_by_role("button", name="Lift").first.click()
    desk.page.get_by_role("dialog").get_by_role("button", name="Lift").click()
    expect(desk.page.get_by_text("The ban is lifted.")).to_be_visible()
