"""A transport of the bus over NATS: one subject for all nodes and one for each workspace, without JetStream.

Nodes of one installation share a subject prefix that is derived from the secret key. So two installations may use the
same NATS without receiving each other's messages.
"""

import asyncio
import logging
import re
import ssl
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from nats.aio.client import Client, RawCredentials
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError

from crumbless.core.errors import SettingsError
from crumbless.core.periodic import Periodic
from crumbless.realtime.bus_network import EVERYBODY, Packet

RETRY_SECONDS = 0.5

CONNECT_SECONDS = 2

PING_SECONDS = 3
"""A server that does not respond to two of these pings counts as gone."""

MAX_BYTES = 256 * 1024
"""Longest message: a quarter of NATS' default limit."""

MAX_HELD_BYTES = 16 * 1024 * 1024
"""Bytes that may wait for processing on one subject. Above it messages are lost, and read from the database."""

_is_credentials = re.compile(
    r".*BEGIN NATS USER JWT-+\n[\w-]+\.[\w-]+\.[\w-]+\n.*BEGIN USER NKEY SEED-+\nSU[A-Z2-7]{56}\n.*", re.DOTALL
).fullmatch
"""A token and a user's seed, each alone in the line after its heading."""

log = logging.getLogger("crumbless.bus")


class NatsTransport:
    """One node's connection.

    Args:
        urls: `nats://` or `tls://`, one or several separated by commas; with user and password, or a token, in front of
            the host.
        prefix: distinguishes this installation from others.
        credentials: a `.creds` file of NATS' tools; empty for none.
        authority: a file with the certificates (PEM) that sign the servers'; empty for those that the system trusts.

    Raises:
        SettingsError: if a file cannot be used.
    """

    most_bytes = MAX_BYTES

    def __init__(self, urls: str, prefix: str, credentials: str = "", authority: str = "") -> None:
        self._prefix = f"crumbless.{prefix}"
        self._options = connect_options(urls, credentials, authority)
        self._channels: set[int] = {EVERYBODY}
        self._subscribed: dict[int, Subscription] = {}
        self._changed = asyncio.Event()
        self._client: Any = None
        self._last_error = ""
        self._running: asyncio.Task[None] | None = None
        self._loop = Periodic("the connection to NATS", self._serve, RETRY_SECONDS)

    @property
    def connected(self) -> bool:
        """Return whether a server is connected."""
        return self._client is not None and self._client.is_connected

    def start(self, on_message: Callable[[bytes], None], on_possible_loss: Callable[[], None]) -> None:
        """Connect, and reconnect when the connection is lost."""
        self._on_message = on_message
        self._on_possible_loss = on_possible_loss
        self._running = asyncio.get_running_loop().create_task(self._loop.run())

    async def stop(self) -> None:
        """Send waiting messages and disconnect."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)

    def follow(self, channel: int) -> None:
        """Subscribe to the channel soon."""
        if channel not in self._channels:
            self._channels.add(channel)
            self._changed.set()

    def unfollow(self, channel: int) -> None:
        """Unsubscribe from the channel."""
        self._channels.discard(channel)
        self._changed.set()

    async def send(self, packets: Sequence[Packet]) -> None:
        """Publish the packets. Raises ConnectionError if there is no connection."""
        client = self._client
        if client is None or not client.is_connected:
            raise ConnectionError
        for channel, payload in packets:
            await client.publish(self._subject(channel), payload)

    def _subject(self, channel: int) -> str:
        return f"{self._prefix}.w.{channel}" if channel else f"{self._prefix}.all"

    async def _serve(self) -> None:
        """Run one client until it is closed. It reconnects by itself unless the server rejects it."""
        client: Any = _TlsClient() if "tls" in self._options else Client()
        closed = asyncio.Event()
        self._client, self._subscribed = client, {}
        try:
            await client.connect(
                **self._options,
                name="crumbless",
                no_echo=True,
                max_reconnect_attempts=-1,
                reconnect_time_wait=RETRY_SECONDS,
                connect_timeout=CONNECT_SECONDS,
                ping_interval=PING_SECONDS,
                error_cb=self._note_error,
                disconnected_cb=self._on_disconnect,
                reconnected_cb=self._on_reconnect,
                closed_cb=_setter(closed, self._changed),
            )
            self._last_error = ""
            log.info("connected to NATS")
            # Not a Periodic: one turn of the one that connects. `wake` would skip the pause before it connects again.
            while not closed.is_set():
                await self._subscribe(client)
                await self._changed.wait()
                self._changed.clear()
        finally:
            self._client = None
            await asyncio.shield(_close(client))

    async def _subscribe(self, client: Any) -> None:
        """Subscribe and unsubscribe as requested, and wait until the server has confirmed it."""
        gone, new = self._subscribed.keys() - self._channels, self._channels - self._subscribed.keys()
        for channel in gone:
            await self._subscribed.pop(channel).unsubscribe()
        for channel in new:
            self._subscribed[channel] = await client.subscribe(
                self._subject(channel), cb=self._take, pending_bytes_limit=MAX_HELD_BYTES
            )
        if new:
            # nats-py sends the ping of a flush before all waiting data. Only the ping of a second flush comes after it.
            await client.flush(CONNECT_SECONDS)
            await client.flush(CONNECT_SECONDS)
            self._on_possible_loss()

    async def _take(self, message: Msg) -> None:
        try:
            self._on_message(message.data)
        except Exception:
            # An error in one message must not end the subscription.
            log.exception("could not process a message")

    async def _note_error(self, error: Exception) -> None:
        # Only the server's own messages are logged: others may contain an address. Repeated messages are logged once.
        message = str(error) if type(error) is NatsError else type(error).__name__
        if message != self._last_error:
            self._last_error = message
            log.warning("NATS: %s", message)

    async def _on_disconnect(self) -> None:
        # Not logged while this node disconnects.
        if self._running is not None and not self._running.cancelling():
            log.warning("connection to NATS lost; reading other nodes' entries from the database")

    async def _on_reconnect(self) -> None:
        self._last_error = ""
        log.info("connected to NATS again")
        self._changed.set()
        self._on_possible_loss()


def connect_options(urls: str, credentials: str, authority: str) -> dict[str, Any]:
    """Return the options for nats-py: servers without secrets, and the secrets. (It does not decode
    percent-encoding.)"""
    parts = [urlsplit(url.strip()) for url in urls.split(",")]
    options: dict[str, Any] = {"servers": [f"{one.scheme}://{one.netloc.rpartition('@')[2]}" for one in parts]}
    known = next((one for one in parts if one.username), None)
    if known is not None and known.password is not None:
        options |= {"user": unquote(known.username or ""), "password": unquote(known.password)}
    elif known is not None:
        options["token"] = unquote(known.username or "")
    if credentials:
        options["user_credentials"] = read_credentials(credentials)
    if authority or any(one.scheme == "tls" for one in parts):
        try:
            options["tls"] = ssl.create_default_context(cafile=authority or None)
        except (OSError, ssl.SSLError) as error:
            reason = error.strerror or "no certificates in it"
            raise SettingsError(f"CRUMBLESS_BUS_CA: cannot read {authority}: {reason}") from None
    return options


def read_credentials(path: str) -> RawCredentials:
    """Return the content of a `.creds` file, from which nats-py signs in at each connection.

    The file is read once. nats-py does not check it: it would search one without a token in an endless loop.

    Raises:
        SettingsError: without any content of the file.
    """
    try:
        text = Path(path).read_text(encoding="ascii")
    except OSError as error:
        raise SettingsError(f"CRUMBLESS_BUS_CREDENTIALS: cannot read {path}: {error.strerror}") from None
    except ValueError:
        text = ""
    if not _is_credentials(text):
        raise SettingsError(f"CRUMBLESS_BUS_CREDENTIALS: {path} is not a NATS credentials file")
    return RawCredentials(text)


class _TlsClient(Client):
    """Requires TLS before a secret is sent. nats-py alone uses TLS only if the server asks for it. A test covers
    this."""

    async def _process_info(self, info: dict[str, Any], initial_connection: bool = False) -> None:
        if initial_connection and not info.get("tls_required"):
            raise NatsError("the server does not ask for TLS")
        await super()._process_info(info, initial_connection)


def _setter(*events: asyncio.Event) -> Callable[[], Any]:
    async def set_all() -> None:
        for event in events:
            event.set()

    return set_all


async def _close(client: Any) -> None:
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            if client.is_connected:
                await client.flush(1)
            await client.close()
    except Exception as error:
        log.debug("closing NATS: %s", type(error).__name__)
