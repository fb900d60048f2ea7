"""Things of the two workspaces of `support.people`, made by their owners: a maker for each path parameter."""

import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from crumbless.accounts.factor_store import add_passkey
from crumbless.database.database import write_once
from support.client import Person, ask
from support.invitations import invite
from support.people import BIKES, TEA, Shop, World, new_entry_id
from support.sign_in import hire
from support.vouching import add_key, retire_keys

WORKSPACES = {TEA: 1, BIKES: 2}


@dataclass
class Side:
    """The owner of a workspace and its site: the caller's own workspace, or another."""

    world: World
    owner: Person
    shop: Shop

    async def post(self, path: str, body: object) -> Any:
        answer = await ask(self.world.http, self.owner, "POST", f"/v1/desk/{path}", body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def row(self, query: str, *values: object) -> str:
        ((found,),) = self.world.server.rows(query, *values)
        return str(found)


Make = Callable[[Side], Awaitable[str]]


async def person(side: Side) -> str:
    one = hire(side.world, role="operator", workspace=WORKSPACES[side.shop])
    return side.row("SELECT id FROM operator WHERE email = ?", one.email)


async def conversation(side: Side) -> str:
    visitor = await side.world.visitor(shop=side.shop)
    # A ban would slow down starts from the network that all of these tests share.
    side.world.server.change("UPDATE visitor SET network_hash = NULL WHERE id = ?", visitor.id)
    return visitor.conversation


async def team(side: Side) -> str:
    return str((await side.post("teams", {"name": new_entry_id()}))["id"])


async def label(side: Side) -> str:
    return str((await side.post("labels", {"name": new_entry_id(), "colour": "#0e6a5a"}))["id"])


async def invitation(side: Side) -> str:
    email, _ = invite(side.world.server, workspace=WORKSPACES[side.shop])
    return side.row("SELECT id FROM invitation WHERE email = ?", email)


async def site(side: Side) -> str:
    return side.shop.key


async def identity_key(side: Side) -> str:
    await retire_keys(side.world, side.owner, side.shop)
    return (await add_key(side.world, side.owner, shop=side.shop)).kid


async def session(side: Side) -> str:
    """Another session of the owner."""
    made = str(uuid.uuid4())
    side.world.server.change(
        "INSERT INTO session (id, workspace_id, token_hash, thumbprint, operator_id, created_at, expires_at, "
        "last_seen_at) VALUES (?1, ?2, randomblob(32), 't', ?3, ?4, ?5, ?4)",
        *(made, WORKSPACES[side.shop], side.owner.id, now(), now() + 10**7),
    )
    return made


async def passkey(side: Side) -> str:
    credential = uuid.uuid4().hex
    write_once(
        side.world.server.database_url,
        lambda connection: add_passkey(
            connection,
            WORKSPACES[side.shop],
            side.owner.id,
            credential=credential,
            public_key=b"",
            sign_count=0,
            transports=[],
            backed_up=False,
            name="Phone",
        ),
    )
    return side.row("SELECT id FROM passkey WHERE credential = ?", credential)


async def ban(side: Side) -> str:
    made = await side.post("bans", {"conversation": await conversation(side), "days": 1})
    return str(made["bans"][0]["id"])


async def task(side: Side) -> str:
    side.world.server.change(
        "INSERT INTO task (workspace_id, kind, payload, due_at, dead_at, created_at) "
        "VALUES (?1, 'mail', '{}', ?2, ?2, ?2)",
        *(WORKSPACES[side.shop], now()),
    )
    return side.row("SELECT MAX(id) FROM task WHERE dead_at IS NOT NULL")


async def person_request(side: Side) -> str:
    return str((await side.post("requests", {"kind": "erase", "email": "nobody@example.com"}))["id"])


def now() -> int:
    return int(time.time() * 1000)


MAKERS: dict[str, Make] = {
    "conversation": conversation,
    "person": person,
    "team": team,
    "label": label,
    "invitation": invitation,
    "key": site,
    "kid": identity_key,
    "session": session,
    "passkey": passkey,
    "ban": ban,
    "task": task,
    "person_request": person_request,
}
