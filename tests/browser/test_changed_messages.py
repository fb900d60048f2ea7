"""Chat and desk show edits, reactions, quotes, deletions and notes, live and after a reload."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
from playwright.sync_api import expect

from support.browser import accessibility_faults
from support.client import Stream
from support.people import Employee, World, new_entry_id
from support.scene import BrowserScenario


def as_otto(scenario: BrowserScenario, work: Callable[[Stream], Awaitable[None]]) -> None:
    """Run the work with a stream of the operator Otto, who has no browser."""

    async def run() -> None:
        async with httpx.AsyncClient(trust_env=False) as http:
            world = World(scenario.server, http)
            otto = await world.new_operator(Employee("Otto", scenario.emails["Otto"], ""))
            await work(await world.stream(otto, after=None))
            await world.close()

    # Playwright runs an event loop in this thread.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, run()).result()


async def do(stream: Stream, op: str, conversation: str, **fields: object) -> str:
    await stream.send(op, id=(name := new_entry_id()), conversation=conversation, **fields)
    await stream.until("ack", id=name)
    return name


def test_changes_of_messages_are_shown_on_both_sides(scenario: BrowserScenario) -> None:
    desk, visitor = scenario.desk(), scenario.visitor()
    desk.sign_in()
    visitor.open()
    visitor.say("Which size?")
    desk.open("Which size?")
    [(question, conversation)] = scenario.server.rows(
        "SELECT e.id, c.id FROM entry e JOIN conversation c ON c.no = e.conversation_no "
        "JOIN site s ON s.id = c.site_id WHERE s.key = ?",
        scenario.site,
    )
    answers: list[str] = []

    async def answer(stream: Stream) -> None:
        answers.append(await do(stream, "send", conversation, text="Lagre", quote=question))
        await do(stream, "edit", conversation, entry=answers[0], text="Large")
        await do(stream, "react", conversation, entry=question, reaction="like", on=True)
        await do(stream, "note", conversation, text="A regular customer")
        await do(stream, "priority", conversation, priority="high")

    as_otto(scenario, answer)
    for bubbles in (visitor.bubbles(), desk.bubbles()):
        expect(bubbles.nth(0)).to_contain_text("👍 1")
        expect(bubbles.nth(1)).to_contain_text("Large")
        expect(bubbles.nth(1)).to_contain_text("Edited")
        expect(bubbles.nth(1)).not_to_contain_text("Lagre")
        expect(bubbles.nth(1).locator("blockquote")).to_have_text("Which size?")
    expect(desk.bubbles().nth(2)).to_contain_text("A regular customer")
    expect(desk.bubbles().nth(2)).to_contain_text("Note for the team")
    expect(desk.page.get_by_text("Priority changed")).to_be_visible()
    expect(desk.row("Large")).to_be_visible()
    expect(visitor.bubbles()).to_have_count(2)
    assert accessibility_faults(desk.page.main_frame) == []

    async def delete(stream: Stream) -> None:
        for entry in (question, answers[0]):
            await do(stream, "delete", conversation, entry=entry)

    as_otto(scenario, delete)
    for _ in range(2):
        expect(visitor.bubbles()).to_have_text(["Message deleted", "Message deleted"])
        expect(desk.bubbles().nth(1)).to_have_text("Message deleted")
        expect(desk.row("Message deleted")).to_be_visible()
        for text in ("Which size?", "Large"):
            expect(desk.page.locator("body")).not_to_contain_text(text)
        desk.page.reload()
        visitor.page.reload()


def test_offline_desk_removes_a_deleted_message_after_reconnecting(scenario: BrowserScenario) -> None:
    desk = scenario.desk()
    scenario.start_conversation("My card is 4111 1111")
    desk.sign_in()
    desk.open("My card is 4111 1111")
    expect(desk.bubbles()).to_have_text(["My card is 4111 1111"])
    [(message, conversation)] = scenario.server.rows(
        "SELECT e.id, c.id FROM entry e JOIN conversation c ON c.no = e.conversation_no "
        "JOIN site s ON s.id = c.site_id WHERE s.key = ?",
        scenario.site,
    )
    desk.page.context.set_offline(True)

    async def delete(stream: Stream) -> None:
        await do(stream, "delete", conversation, entry=message)

    as_otto(scenario, delete)
    expect(desk.bubbles()).to_have_text(["My card is 4111 1111"])
    desk.page.context.set_offline(False)
    expect(desk.bubbles()).to_have_text(["Message deleted"])
    expect(desk.page.locator("body")).not_to_contain_text("4111")
    desk.page.reload()
    expect(desk.bubbles()).to_have_text(["Message deleted"])
