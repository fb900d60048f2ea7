"""The server is killed, sockets are blocked, responses are delayed: no typed text is lost."""

import pytest
from playwright.sync_api import Request, Route, expect

from support.browser import Kind
from support.scene import SENT, BrowserScenario, Visitor

RETURN_MS = 25_000
"""Maximum milliseconds until a client reconnects that retries with growing pauses and has its page in view."""

NO_WEBSOCKET = """
window.WebSocket = class { constructor() { throw new DOMException("blocked", "SecurityError") } };
"""

# As a proxy that forwards a response only when it is complete: headers arrive, the body never does.
NO_STREAMING = """
const realFetch = window.fetch;
window.fetch = async (address, options) => {
  const answer = await realFetch(address, options);
  const held = String(address).endsWith("/v1/stream/open") && JSON.parse(options.body).mode === "stream";
  return held ? new Response(new ReadableStream(), { headers: answer.headers }) : answer;
};
"""

WAYS = {
    "websocket": ("", {"websocket"}),
    "streaming": (NO_WEBSOCKET, {"open stream"}),
    "long poll": (NO_WEBSOCKET + NO_STREAMING, {"open stream", "open poll"}),
}


def mode_of(request: Request) -> set[str]:
    """Return the mode of a request that opens a stream."""
    if not request.url.endswith("/v1/stream/open"):
        return set()
    asked = request.post_data_json
    assert asked is not None
    return {f"open {asked['mode']}"}


def watch_transports(visitor: Visitor) -> set[str]:
    """Collect the transports with which this browser opens a stream."""
    seen: set[str] = set()
    visitor.page.on("websocket", lambda _: seen.add("websocket"))
    visitor.page.on("request", lambda request: seen.update(mode_of(request)))
    return seen


def test_chat_that_loads_late_knows_that_it_is_hidden(scenario: BrowserScenario) -> None:
    desk, visitor = scenario.desk(), scenario.visitor()
    desk.sign_in()
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    visitor.page.route("**/chat/*", hold)
    visitor.page.clock.install()
    visitor.arrive()
    with visitor.page.expect_request("**/chat/*"):
        visitor.launcher.click()
    visitor.page.clock.fast_forward(10_000)
    expect(visitor.page.get_by_text("The chat did not load.")).to_be_visible()
    held[0].continue_()
    visitor.say("Hello")
    desk.open("Hello")
    visitor.box.press("Escape")
    expect(visitor.dialog).to_be_hidden()
    desk.say("Are you there?")
    expect(visitor.page.get_by_role("button", name="Chat with us, 1 new message")).to_be_visible()


def test_message_to_a_dead_server_is_sent_once_after_its_restart(mortal_scene: BrowserScenario, kind: Kind) -> None:
    scenario, visitor = mortal_scene, mortal_scene.visitor(kind)
    visitor.open()
    visitor.say("Before")
    expect(visitor.chat.get_by_text(SENT)).to_be_visible()
    scenario.server.kill()
    visitor.say("During")
    visitor.say("And still")
    expect(visitor.bubbles()).to_have_text(["Before", "During", "And still"])
    expect(visitor.waiting).to_be_visible()
    assert scenario.timeline() == ["Before"]

    scenario.server.start()
    expect(visitor.chat.get_by_text(SENT)).to_be_visible(timeout=RETURN_MS)
    expect(visitor.bubbles()).to_have_text(["Before", "During", "And still"])
    assert scenario.timeline() == ["Before", "During", "And still"]


def test_unsent_and_typed_texts_survive_a_reload(mortal_scene: BrowserScenario, kind: Kind) -> None:
    scenario, visitor = mortal_scene, mortal_scene.visitor(kind)
    visitor.open()
    visitor.say("Before")
    expect(visitor.chat.get_by_text(SENT)).to_be_visible()
    scenario.server.kill()
    visitor.say("During")
    expect(visitor.waiting).to_be_visible()
    visitor.box.press_sequentially("half a sent")
    visitor.wait_until_kept("half a sent")
    # The shop is reachable, the platform is not, so the page has no chat.
    visitor.page.reload()
    expect(visitor.page.get_by_role("heading").first).to_be_visible()

    scenario.server.start()
    visitor.page.reload()
    expect(visitor.bubbles()).to_have_text(["Before", "During"])
    expect(visitor.box).to_have_value("half a sent")
    expect(visitor.chat.get_by_text(SENT)).to_be_visible(timeout=RETURN_MS)
    assert scenario.timeline() == ["Before", "During"]


def test_first_message_to_a_dead_server_starts_the_conversation_later(mortal_scene: BrowserScenario) -> None:
    scenario, visitor = mortal_scene, mortal_scene.visitor()
    visitor.open()
    scenario.server.kill()
    visitor.say("Is anybody there?")
    expect(visitor.waiting).to_be_visible()
    scenario.server.start()
    expect(visitor.chat.get_by_text(SENT)).to_be_visible(timeout=RETURN_MS)
    assert scenario.timeline() == ["Is anybody there?"]


def test_operators_message_to_a_dead_server_is_sent_once_after_its_restart(mortal_scene: BrowserScenario) -> None:
    scenario, desk, visitor = mortal_scene, mortal_scene.desk(), mortal_scene.visitor()
    desk.sign_in()
    visitor.open()
    visitor.say("Hello")
    desk.open("Hello")
    expect(desk.bubbles()).to_have_text(["Hello"])
    scenario.server.kill()
    desk.say("Good morning")
    expect(desk.bubbles()).to_have_text(["Hello", "Good morning"])
    expect(desk.page.get_by_text("Will be sent when you are back online")).to_be_visible()
    expect(desk.page.get_by_text("Connection lost. Trying again…")).to_be_visible()
    desk.reply.press_sequentially("What can I")
    assert scenario.timeline() == ["Hello"]

    scenario.server.start()
    expect(visitor.chat.get_by_text("Good morning")).to_be_visible(timeout=RETURN_MS)
    expect(desk.page.get_by_text("Connection lost. Trying again…")).to_be_hidden(timeout=RETURN_MS)
    expect(desk.reply).to_have_value("What can I")
    desk.page.reload()
    expect(desk.bubbles()).to_have_text(["Hello", "Good morning"])
    expect(desk.reply).to_have_value("What can I")
    assert scenario.timeline() == ["Hello", "Good morning"]


@pytest.mark.parametrize("way", WAYS)
def test_chat_works_over_each_transport_that_the_network_allows(scenario: BrowserScenario, way: str) -> None:
    script, expected = WAYS[way]
    desk, visitor = scenario.desk(), scenario.visitor(script=script)
    transports = watch_transports(visitor)
    desk.sign_in()
    visitor.open()
    visitor.say("Hello")
    desk.open("Hello")
    desk.say("Good morning")
    expect(visitor.chat.get_by_text("Good morning")).to_be_visible(timeout=RETURN_MS)
    visitor.say("And now over the stream")
    expect(desk.bubbles()).to_have_count(3)
    desk.reply.press_sequentially("It")
    expect(visitor.chat.get_by_text("Olga is typing…")).to_be_visible()
    desk.say("It works")
    expect(visitor.bubbles()).to_have_text(["Hello", "Good morning", "And now over the stream", "It works"])
    assert transports == expected
    assert scenario.timeline() == ["Hello", "Good morning", "And now over the stream", "It works"]


@pytest.mark.parametrize("way", ["streaming", "long poll"])
def test_desk_works_without_websocket(scenario: BrowserScenario, way: str) -> None:
    desk, visitor = scenario.desk(script=WAYS[way][0]), scenario.visitor()
    desk.sign_in()
    visitor.open()
    visitor.say("Hello")
    expect(desk.row("Hello")).to_be_visible(timeout=RETURN_MS)
    desk.open("Hello")
    desk.say("Good morning")
    expect(visitor.chat.get_by_text("Good morning")).to_be_visible()
    visitor.say("So it works")
    expect(desk.bubbles()).to_have_text(["Hello", "Good morning", "So it works"])
