# This file runs in a separate environment (requirements.txt beside it), which the type checker does not see.
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUntypedFunctionDecorator=false, reportUnknownParameterType=false, reportUnknownArgumentType=false
# pyright: reportUntypedBaseClass=false, reportUnusedFunction=false
"""FastAPI + SQLAlchemy async ORM as the guides show it: pydantic checks, one session and one commit per message.

The pool holds one connection: SQLite has one writer, and with more of them this stack spends its time on lock timeouts.
"""

import asyncio
import re
import sys
import time
from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated, Literal

import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from sqlalchemy import UniqueConstraint, event
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

PORT, PATH = int(sys.argv[1]), sys.argv[2]
LIMIT_PER_SECOND, LIMIT_BURST = 2000.0, 4000.0
ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Base(DeclarativeBase):
    pass


class EntryRow(Base):
    __tablename__ = "entry"
    __table_args__ = (UniqueConstraint("conversation", "seq"), UniqueConstraint("conversation", "id"))
    position: Mapped[int] = mapped_column(primary_key=True)
    conversation: Mapped[str]
    id: Mapped[str]
    seq: Mapped[int]
    at: Mapped[int]
    author: Mapped[str]
    text: Mapped[str]


class Join(BaseModel):
    op: Literal["join"]
    conversations: list[str]


class Send(BaseModel):
    op: Literal["send"]
    id: str = Field(pattern=ID.pattern, max_length=36)
    conversation: str
    text: str = Field(max_length=8000, pattern=r"\S")


class Author(BaseModel):
    kind: str = "visitor"
    name: str = "Visitor"


class Entry(BaseModel):
    conversation: str
    id: str
    seq: int
    at: int
    kind: str = "message"
    author: Author = Author()
    text: str


class Ack(BaseModel):
    op: str = "ack"
    id: str
    conversation: str
    seq: int
    at: int


class Entries(BaseModel):
    op: str = "entries"
    entries: list[Entry]


FRAMES: TypeAdapter[Join | Send] = TypeAdapter(Annotated[Join | Send, Field(discriminator="op")])

engine = create_async_engine(f"sqlite+aiosqlite:///{PATH}", pool_size=1, max_overflow=0, pool_timeout=600)
sessions = async_sessionmaker(engine, expire_on_commit=False)
rooms: defaultdict[str, set[WebSocket]] = defaultdict(set)
seqs: defaultdict[str, int] = defaultdict(int)


@event.listens_for(engine.sync_engine, "connect")
def make_durable(connection: object, _record: object) -> None:
    cursor = connection.cursor()  # pyright: ignore[reportAttributeAccessIssue]
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()


class Bucket:
    """A token bucket for one connection: checked for every message, never empty in these runs."""

    def __init__(self) -> None:
        self.tokens, self.at = LIMIT_BURST, time.monotonic()

    def take(self) -> bool:
        at = time.monotonic()
        self.tokens = min(LIMIT_BURST, self.tokens + (at - self.at) * LIMIT_PER_SECOND)
        self.at = at
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncGenerator[None]:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


@app.get("/healthz")
async def healthz() -> dict[str, bool]:
    return {"ok": True}


@app.websocket("/")
async def talk(socket: WebSocket) -> None:
    await socket.accept()
    bucket, mine = Bucket(), set[str]()
    try:
        while True:
            await receive(socket, bucket, mine, await socket.receive_text())
    except WebSocketDisconnect:
        for conversation in mine:
            rooms[conversation].discard(socket)


async def receive(socket: WebSocket, bucket: Bucket, mine: set[str], data: str) -> None:
    try:
        frame = FRAMES.validate_json(data)
    except ValidationError:
        await socket.send_json({"op": "error", "code": "invalid", "id": ""})
        return
    if isinstance(frame, Join):
        mine.update(frame.conversations)
        for conversation in frame.conversations:
            rooms[conversation].add(socket)
        await socket.send_json({"op": "joined"})
    elif frame.conversation not in mine:
        await socket.send_json({"op": "error", "code": "unknown_conversation", "id": frame.id})
    elif not bucket.take():
        await socket.send_json({"op": "error", "code": "slow_down", "id": frame.id})
    else:
        await keep(socket, frame)


async def keep(socket: WebSocket, frame: Send) -> None:
    seqs[frame.conversation] += 1
    row = EntryRow(
        conversation=frame.conversation,
        id=frame.id,
        seq=seqs[frame.conversation],
        at=int(time.time() * 1000),
        author="Visitor",
        text=frame.text,
    )
    async with sessions() as session:
        session.add(row)
        await session.commit()
    entry = Entry(conversation=row.conversation, id=row.id, seq=row.seq, at=row.at, text=row.text)
    await socket.send_text(Ack(id=row.id, conversation=row.conversation, seq=row.seq, at=row.at).model_dump_json())
    words = Entries(entries=[entry]).model_dump_json()
    receivers = [receiver for receiver in rooms[frame.conversation] if receiver is not socket]
    await asyncio.gather(*(receiver.send_text(words) for receiver in receivers))


if __name__ == "__main__":
    uvicorn.run(
        app, host="127.0.0.1", port=PORT, ws="websockets-sansio", ws_per_message_deflate=False, log_level="error"
    )
