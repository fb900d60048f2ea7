"""A server whose wall clock a test sets, and facts about it that must hold at any time of that clock."""

import os
from pathlib import Path

import httpx

from support.client import Person, Stream, ask
from support.people import OLGA, World, say
from support.server import ServerProcess, wait_until

MINUTE, DAY = 60, 86_400
JUMPS = [sign * by for by in (10 * MINUTE, DAY, 8 * DAY, 365 * DAY) for sign in (1, -1)]
"""Seconds by which a clock is set."""

WAIT_SECONDS = 120.0

FACTS = {
    "sessions": "SELECT count(*) FROM session",
    "audit log": "SELECT count(*) FROM audit_log WHERE action NOT IN ('signed_in', 'factor_shown')",
    "receipts": "SELECT count(*) FROM consent_receipt",
    "tickets": "SELECT count(*) FROM one_time_token WHERE kind <> 'continue_code'",
    "dead letters": "SELECT count(*) FROM task WHERE dead_at IS NOT NULL",
    "mails": "SELECT count(*) FROM task WHERE kind = 'mail' AND dead_at IS NULL AND attempts = 0",
}
"""Facts that a wrong clock must not change."""


class WrongClock:
    """The wall clock of a process; right until it is set.

    Args:
        folder: where the file with its error is.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / "clock"
        self._set(0)

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment of the process."""
        path = os.pathsep.join([str(Path(__file__).with_name("wrong_clock")), os.environ.get("PYTHONPATH", "")])
        return {"PYTHONPATH": path, "TEST_CLOCK_FILE": str(self._file)}

    def set(self, ahead: int) -> None:
        """Set the clock so many seconds ahead of the right time."""
        self._set(ahead)

    def _set(self, ahead: int) -> None:
        new = self._file.with_suffix(".new")
        new.write_text(str(ahead), "ascii")
        # In one step: the process reads it at any moment.
        new.replace(self._file)

    def jump(self, server: ServerProcess, ahead: int) -> None:
        """Set the clock, and return once the running server has noticed."""
        said = server.log().count("the wall clock is")
        self.set(ahead)
        wait_until(lambda: server.log().count("the wall clock is") > said, WAIT_SECONDS, "the server notices the jump")


class ClockScenario:
    """People and data from before the clock was set."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def begin(self) -> None:
        """Sign in, chat, and store something of each kind that is deleted by age."""
        self.operator, self.visitor = await self.world.new_operator(OLGA), await self.world.visitor()
        gone = await self.world.new_operator(OLGA)
        assert (await self._ask(gone, "POST", "/v1/desk/sign-out")).is_success
        self.streams = [await self.world.stream(one) for one in (self.operator, self.visitor)]
        change, now = self.world.server.change, "(SELECT max(last_seen_at) FROM session)"
        receipt = "INSERT INTO consent_receipt (workspace_id, site_id, receipt, receipt_chain, at, analytics, "
        receipt += "marketing, revision, services, source, language, text_digest, signature) "
        change(receipt + f"SELECT 1, 1, 'r', 'r', {now}, 1, 0, 1, '[]', 'api', 'en', '', ''")
        letter = "INSERT INTO task (kind, payload, due_at, created_at, attempts, error, dead_at) "
        change(letter + f"SELECT 'mail', '{{}}', {now}, {now}, 8, '', {now}")
        change(letter + f"SELECT 'mail', '{{}}', {now} + 3600000, {now}, 0, '', NULL")
        one_time_token = "INSERT INTO one_time_token (id, kind, data, created_at, expires_at) "
        change(one_time_token + f"SELECT 'used up', 'reset', '{{}}', {now}, {now} + 1000")
        self.before = self.facts()
        assert min(self.before.values()) >= 1, self.before

    def facts(self) -> dict[str, int]:
        """How many rows of each kind are stored."""
        return {name: self.world.server.rows(query)[0][0] for name, query in FACTS.items()}

    async def prepare(self) -> tuple[str, str]:
        """Return a code for another device and a nonce, both from before the clock is set, and confirm the password."""
        confirmed = await self._ask(self.operator, "POST", "/v1/desk/step-up", {"password": OLGA.password})
        assert confirmed.status_code == 204, confirmed.text
        # Each conversation gets a few codes only.
        another = await self.world.visitor()
        self.before["sessions"] += 1
        answer = await self._ask(another, "POST", "/v1/visitor/continue/code", {})
        assert answer.status_code == 200, answer.text
        return answer.json()["code"], self.operator.nonce or ""

    async def check(self, code: str, nonce: str = "") -> None:
        """Fail unless both chats continue, the code is valid, and a sweep deletes nothing.

        Args:
            nonce: of the same process. It is good for three minutes by the uptime alone.
        """
        if nonce:
            self.operator.nonce = nonce
            headers = self.operator.credentials("GET", "/v1/desk/me")
            answer = await self.world.http.get(f"{self.operator.address}/v1/desk/me", headers=headers)
            assert answer.status_code == 200, "the nonce depends on the wall clock"
        me = await self._ask(self.operator, "GET", "/v1/desk/me/security")
        assert me.status_code == 200, me.text
        assert me.json()["fresh"], "the password was shown less than five minutes ago"
        assert (await self._ask(self.operator, "POST", "/v1/desk/me/totp/begin")).status_code == 200
        assert (await self._ask(self.visitor, "GET", "/v1/visitor/export")).status_code == 200
        for stream in self.streams:
            await self._say(stream)
        body = {"site": "tea-shop", "secret": code}
        other = await self._ask(self.world.stranger(), "POST", "/v1/visitor/continue", body)
        assert other.status_code == 200, other.text
        # The tickets and sessions of these checks come on top.
        expected = self.before | {"sessions": self.before["sessions"] + 1, "tickets": self.before["tickets"] + 1}
        await self.sweep()
        assert self.facts() == expected
        self.before = expected

    async def reopen(self) -> None:
        """Open the streams again, after the server was restarted."""
        self.streams = [await self.world.stream(one) for one in (self.operator, self.visitor)]

    async def sweep(self) -> None:
        """Return once the recurring task has run, and is due again when it should be."""
        at = "SELECT due_at FROM task WHERE id = -1 AND claimed_by IS NULL"
        # Far in the future, as a clock that was ahead leaves it: that is due now.
        self.world.server.change("UPDATE task SET due_at = 4000000000000 WHERE id = -1")

        async def swept() -> bool:
            rows = self.world.server.rows(at)
            return bool(rows) and rows[0][0] < 4_000_000_000_000

        await self.world.eventually(swept, WAIT_SECONDS)

    async def _say(self, stream: Stream) -> None:
        assert (await say(stream, "Still here", conversation=self.visitor.conversation))["op"] == "ack"

    async def _ask(self, person: Person, method: str, path: str, body: object = None) -> httpx.Response:
        return await ask(self.world.http, person, method, path, body)
