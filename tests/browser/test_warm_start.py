"""The desk opens at once from its cache, requests only new data, and stores no data of other operators."""

from typing import Any

from playwright.sync_api import Page, WebSocketRoute, expect

from support.network_count import NetworkCount
from support.scene import BrowserScenario, Desk
from support.server import wait_until

READ_KEPT = """async () => {
  const database = await new Promise((done) => {
    const asked = indexedDB.open("crumbless");
    asked.onsuccess = () => done(asked.result);
  });
  if (!database.objectStoreNames.contains("items")) { database.close(); return {}; }
  const store = database.transaction("items").objectStore("items");
  const read = (asked) => new Promise((done) => { asked.onsuccess = () => done(asked.result); });
  const [keys, values] = await Promise.all([read(store.getAllKeys()), read(store.getAll())]);
  database.close();
  const kept = {};
  keys.forEach((key, at) => { if (!key.endsWith(".session")) kept[key] = values[at].v; });
  return kept;
}"""

CHANGE_KEPT = """async ([key, field, value]) => {
  const database = await new Promise((done) => {
    const asked = indexedDB.open("crumbless");
    asked.onsuccess = () => done(asked.result);
  });
  const transaction = database.transaction("items", "readwrite");
  const store = transaction.objectStore("items");
  const kept = await new Promise((done) => {
    const asked = store.get(key);
    asked.onsuccess = () => done(asked.result);
  });
  if (field) kept.v[field] = value; else kept.v = value;
  store.put(kept, key);
  await new Promise((done) => { transaction.oncomplete = done; });
  database.close();
}"""

DELETE_KEPT = """async (key) => {
  const database = await new Promise((done) => {
    const asked = indexedDB.open("crumbless");
    asked.onsuccess = () => done(asked.result);
  });
  const transaction = database.transaction("items", "readwrite");
  transaction.objectStore("items").delete(key);
  await new Promise((done) => { transaction.oncomplete = done; });
  database.close();
}"""

INBOX = "crumbless.desk.inbox"
THREAD = "crumbless.desk.thread."
SECONDS = 10.0


def cache_of(page: Page) -> dict[str, Any]:
    """Return the desk's cache, by key."""
    found: dict[str, Any] = page.evaluate(READ_KEPT)
    return {key: value for key, value in found.items() if key.startswith("crumbless.desk.")}


def wait_until_cached(page: Page, position: int, threads: int = 0) -> None:
    """Return once so many threads, and the list as of this position, are cached. A thread is cached once opened."""

    def is_cached() -> bool:
        cache = cache_of(page)
        found = [key for key in cache if key.startswith(THREAD)]
        return cache.get(INBOX, {}).get("position", 0) >= position and len(found) >= threads

    wait_until(is_cached, SECONDS, "list and threads are cached")


def start_conversation(scenario: BrowserScenario, desk: Desk, text: str) -> None:
    """Start a conversation, and wait until the desk has it in its list."""
    scenario.start_conversation(text)
    expect(desk.row(text)).to_be_visible()


def connect_stream(desk: Desk, held: list[WebSocketRoute]) -> None:
    """Connect the first socket that was held back. The page paints the cache before the test looks."""
    # Evaluating in the page lets the browser's event of its socket arrive.
    wait_until(lambda: bool(cache_of(desk.page)) and bool(held), SECONDS, "the desk opens its stream")
    held[0].connect_to_server()


def hold_stream_back(desk: Desk) -> list[WebSocketRoute]:
    """From now on sockets stay unconnected until the test connects them."""
    held: list[WebSocketRoute] = []

    def hold(route: WebSocketRoute) -> None:
        held.append(route)

    desk.page.route_web_socket("**/v1/stream", hold)
    return held


def test_warm_start_needs_one_request_and_shows_list_and_thread(scenario: BrowserScenario) -> None:
    desk = scenario.desk()
    desk.sign_in()
    first = scenario.visitor()
    first.open()
    first.say("First question")
    expect(desk.row("First question")).to_be_visible()
    start_conversation(scenario, desk, "Second question")
    desk.open("First question")
    desk.say("An answer")
    expect(desk.bubbles()).to_have_text(["First question", "An answer"])
    wait_until_cached(desk.page, 3, threads=1)
    expect(desk.page.get_by_text("Seen")).to_be_visible()
    count = NetworkCount(desk.page).begin()
    desk.page.reload()
    expect(desk.rows).to_have_count(2)
    expect(desk.bubbles()).to_have_text(["First question", "An answer"])
    expect(desk.page.locator(".menu-name")).to_have_text("Olga")
    scenario.start_conversation("Third question")
    # By then the stream has sent all of its frames.
    expect(desk.row("Third question")).to_be_visible()
    assert count.requests[0] == "SOCKET /v1/stream"
    assert count.requests[1:] == [f"GET /v1/desk/conversations/{newest_id(desk)}"]
    assert 500 < count.bytes < 5_000


def newest_id(desk: Desk) -> str:
    """Return the ID of the conversation on top of the list."""
    address = desk.rows.first.get_attribute("href")
    assert address is not None
    return address.removeprefix("#/c/")


def test_list_and_thread_are_painted_before_the_first_frame_of_the_server(scenario: BrowserScenario) -> None:
    desk = scenario.desk()
    desk.sign_in()
    visitor = scenario.visitor()
    visitor.open()
    visitor.say("Is it painted?")
    desk.open("Is it painted?")
    expect(desk.bubbles()).to_have_text(["Is it painted?"])
    wait_until_cached(desk.page, 1, threads=1)
    held = hold_stream_back(desk)
    desk.page.route("**/v1/**", lambda route: route.abort())
    desk.page.reload()
    expect(desk.row("Is it painted?")).to_be_visible()
    expect(desk.bubbles()).to_have_text(["Is it painted?"])
    desk.page.unroute("**/v1/**")
    visitor.say("It is")
    connect_stream(desk, held)
    expect(desk.bubbles()).to_have_text(["Is it painted?", "It is"])
    assert len(cache_of(desk.page)) > 0


def test_cache_is_empty_before_sign_in_and_after_sign_out(scenario: BrowserScenario) -> None:
    desk = scenario.desk()
    desk.page.goto(desk.address)
    expect(desk.page.get_by_label("Email")).to_be_visible()
    assert desk.watch.kept() == []
    desk.sign_in()
    start_conversation(scenario, desk, "Soon gone")
    desk.open("Soon gone")
    other = Desk(desk.page.context.new_page(), scenario.server.address, desk.email, desk.watch)
    other.page.goto(other.address)
    expect(other.row("Soon gone")).to_be_visible()
    wait_until_cached(desk.page, 1, threads=1)
    assert {INBOX} < set(cache_of(desk.page))
    desk.page.get_by_role("button", name="Account").click()
    desk.page.get_by_role("button", name="Sign out").click()
    for page in (desk.page, other.page):
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        page.reload()
        expect(page.get_by_label("Email")).to_be_visible()
    assert desk.watch.kept() == []


def test_session_ended_by_the_server_deletes_the_cache(mortal_scene: BrowserScenario) -> None:
    scenario = mortal_scene
    desk = scenario.desk()
    desk.sign_in()
    start_conversation(scenario, desk, "Whose is this?")
    desk.open("Whose is this?")
    wait_until_cached(desk.page, 1, threads=1)
    desk.page.goto("about:blank")
    scenario.server.kill()
    scenario.server.change("UPDATE session SET ended_at = 1 WHERE operator_id IS NOT NULL")
    scenario.server.start()
    desk.page.goto(desk.address)
    expect(desk.page.get_by_text("Your session has expired")).to_be_visible()
    expect(desk.rows).to_have_count(0)
    wait_until(lambda: cache_of(desk.page) == {}, SECONDS, "the cache is gone")


def test_corrupt_cache_causes_a_cold_start(scenario: BrowserScenario) -> None:
    desk = scenario.desk()
    desk.sign_in()
    start_conversation(scenario, desk, "Still here")
    wait_until_cached(desk.page, 1)
    [row] = cache_of(desk.page)[INBOX]["rows"]

    def is_valid_again() -> bool:
        inbox = cache_of(desk.page).get(INBOX)
        if not inbox or inbox == "rubbish" or not isinstance(inbox["position"], int) or not inbox["operator"]:
            return False
        return [one["id"] for one in inbox["rows"]] == [row["id"]]

    assert is_valid_again()
    count = NetworkCount(desk.page).begin()
    for field, value in (("rows", [{"id": 1}]), ("position", "many"), ("operator", None), ("", "rubbish")):
        desk.page.evaluate(CHANGE_KEPT, [INBOX, field, value])
        count.reset()
        desk.page.reload()
        expect(desk.row("Still here")).to_be_visible()
        assert "GET /v1/desk/conversations" in count.requests, field
        wait_until(is_valid_again, SECONDS, "the cache is valid again")


def test_cache_ahead_of_the_server_is_discarded(scenario: BrowserScenario) -> None:
    desk = scenario.desk()
    desk.sign_in()
    start_conversation(scenario, desk, "Of this database")
    wait_until_cached(desk.page, 1)
    foreign = cache_of(desk.page)[INBOX]["rows"][0] | {
        "id": "0" * 8 + "-0000-4000-8000-" + "0" * 12,
        "visitor_name": "Nobody",
    }
    desk.page.evaluate(CHANGE_KEPT, [INBOX, "rows", [foreign]])
    desk.page.evaluate(CHANGE_KEPT, [INBOX, "position", 900])
    held = hold_stream_back(desk)
    desk.page.reload()
    expect(desk.row("Nobody")).to_be_visible()
    connect_stream(desk, held)
    desk.page.unroute_all()
    expect(desk.row("Nobody")).to_have_count(0)
    for late in held[1:]:
        late.connect_to_server()
    expect(desk.row("Of this database")).to_be_visible()
    wait_until(
        lambda: 0 < cache_of(desk.page).get(INBOX, {}).get("position", 0) < 900, SECONDS, "the foreign list is replaced"
    )


def test_session_deleted_by_hand_asks_to_sign_in_again(scenario: BrowserScenario) -> None:
    desk = scenario.desk()
    desk.sign_in()
    start_conversation(scenario, desk, "Who is there?")
    wait_until_cached(desk.page, 1)
    desk.page.evaluate(DELETE_KEPT, "crumbless.desk.session")
    desk.page.evaluate("dispatchEvent(new Event('focus'))")
    expect(desk.page.get_by_text("Your session has expired")).to_be_visible()
    wait_until(lambda: cache_of(desk.page) == {}, SECONDS, "the cache is gone")
    desk.sign_in()
    expect(desk.row("Who is there?")).to_be_visible()
