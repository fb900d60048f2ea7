"""The composition root: creates and connects all parts, and runs the process from start to stop."""

import asyncio
import contextlib
import functools
import logging
import secrets
import signal
import socket
import sys
import time
from collections.abc import Awaitable, Callable, Generator, Sequence
from typing import TYPE_CHECKING

import uvicorn
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.types import ASGIApp

from crumbless.conversations.snooze_set import SnoozeWaker
from crumbless.core.deferred_import import deferred_module
from crumbless.core.errors import ApiError, SettingsError
from crumbless.core.gc_tuning import tune_gc
from crumbless.core.ids import now_ms
from crumbless.core.metrics import RetentionMetrics
from crumbless.core.periodic import Loops
from crumbless.core.settings import Settings
from crumbless.core.time_units import DAY_MS
from crumbless.database.database import is_postgres, open_reader, serving_lock
from crumbless.database.disk_space import MEGABYTE, DiskSpace
from crumbless.database.schema import check_schema
from crumbless.device_storage.registry_read import read_registry
from crumbless.files.file_services import FileServices
from crumbless.files.file_storage import FileStore, default_folder, written_folders
from crumbless.files.image_process import ImageProcess
from crumbless.handover_table import HANDOVER
from crumbless.http.application import Application
from crumbless.http.assets import Assets
from crumbless.http.http_connections import HttpShell
from crumbless.http.http_protocol import DeadlineHttpProtocol
from crumbless.http.middleware import Middleware, error_response, http_exception_response, internal_error_response
from crumbless.http.route import Route
from crumbless.http.services import Services, by_type
from crumbless.http.tcp_connections import TcpConnections
from crumbless.ledger.entry import Appended
from crumbless.ledger.events import DomainEvent
from crumbless.ledger.ledger import Ledger
from crumbless.ledger.ledger_batch import BatchWriter
from crumbless.ledger.ledger_open import open_writer
from crumbless.limit_table import limits_of
from crumbless.mail.mail_port import MailPort
from crumbless.mail.mail_send import MailSend
from crumbless.mail.mail_transport import open_mail, sender_name
from crumbless.operations.clock_store import begin_clock
from crumbless.operations.clock_watch import ClockWatch
from crumbless.operations.readiness import Readiness
from crumbless.pages.policy_view import PolicyPages
from crumbless.people.handover import Handover
from crumbless.protocol.frames import MAX_FRAME
from crumbless.reaction_table import REACTIONS
from crumbless.realtime.command import Commands
from crumbless.realtime.event_publisher import EventPublisher
from crumbless.realtime.realtime_node import RealtimeNode, open_bus_transport
from crumbless.routes import route_handlers
from crumbless.security.dpop import NonceClock, ReplayCache
from crumbless.security.installation_key import open_secret_box
from crumbless.server_data.server_data_view import ServerDataView
from crumbless.server_data.server_registry_read import read_server_registry
from crumbless.sign_in.oidc_provider import OidcProvider
from crumbless.sign_in.oidc_sign_in import OidcSignIn
from crumbless.sign_in.passkey_verify import PasskeyVerifier
from crumbless.sign_in.passkeys import Passkeys
from crumbless.sign_in.session_seen import LastSeenWriter
from crumbless.sites.known_sites import KnownSites
from crumbless.sites.site_seen import EmbedSightings
from crumbless.stream.commands import COMMANDS
from crumbless.stream.realtime_reads import live_reads
from crumbless.stream.stream_http import HttpStreams, wait_delivered
from crumbless.stream.stream_websocket import StreamWebSocket, WriteCoalescer
from crumbless.task_table import task_handlers
from crumbless.tasks.task_runner import TaskRunner
from crumbless.visitors.visitor_services import open_visitor_services

if TYPE_CHECKING:
    from crumbless.operations import tracing_otlp
else:
    # Its packages are an extra, and heavy.
    tracing_otlp = deferred_module("crumbless.operations.tracing_otlp")

log = logging.getLogger("crumbless")

STOP_SECONDS = 1
"""How long running responses may take after the server is asked to shut down."""

DRAIN_SECONDS = 0.5
"""How long polling clients have for one more poll when the server stops."""

SWITCH_SECONDS = 0.0005
"""How long the event loop may block the ledger's thread (Python's default is ten times as long)."""


class Server:
    """One node, composed but not started.

    Args:
        mails: replaces the mail transport of the settings (for the demo).
    """

    def __init__(self, settings: Settings, mails: MailPort | None = None) -> None:
        self._database_url = database_url = settings.database.database_url
        self._http_streams: HttpStreams = {}
        self._lock = serving_lock(database_url)
        self._reader = open_reader(database_url)
        secret_box = open_secret_box(settings.database)
        idle = settings.sign_in.operator_idle_days * DAY_MS, settings.visitors.visitor_idle_days * DAY_MS
        self._live = RealtimeNode(
            live_reads(self._reader),
            *idle,
            open_bus_transport(settings.bus, database_url, secret_box.derive("bus")[:9].hex()),
        )
        self._trace = open_trace(settings.monitoring.tracing_url)
        self._ledger = Ledger(
            self._open_writer, self._publish_entries, settings.database.ledger_queue, self._publish_events
        )
        sender = sender_name(settings.company)
        mail = MailSend(mails or open_mail(settings.mail, sender), secret_box, settings.server.address, sender)
        files = FileStore(settings.files, default_folder(database_url))
        retention = RetentionMetrics()
        handlers = task_handlers(
            settings, self._ledger, self._reader, secret_box, mail=mail, files=files, retention=retention
        )
        self._tasks = TaskRunner(handlers, self._ledger, self._reader, settings.tasks.task_poll_seconds)
        self._seen = LastSeenWriter(self._used_sessions, self._ledger)
        self._clock = ClockWatch(self._ledger, self._reader, shared=is_postgres(database_url))
        self._providers = {one.id: OidcProvider(one) for one in settings.sign_in.oidc_providers}
        assets, address, registry = Assets(), settings.server.address, read_registry()
        self._tcp = TcpConnections.of(settings.streams)
        visitors = open_visitor_services(settings.visitors, self._reader, self._ledger, secret_box)
        self.services = Services(
            settings=settings,
            ledger=self._ledger,
            reader=self._reader,
            bus=self._live.bus,
            connections=self._live.connections,
            sessions=self._live.sessions,
            subscriptions=self._live.subscriptions,
            secret_box=secret_box,
            nonces=NonceClock(secrets.token_bytes(32), time.monotonic),
            replays=ReplayCache(time.monotonic),
            assets=assets,
            commands=Commands(COMMANDS),
            subjects=by_type(
                *limits_of(settings),
                self._tcp,
                visitors,
                EmbedSightings(self._ledger),
                KnownSites(),
                Handover(HANDOVER),
                FileServices(files, ImageProcess()),
                Passkeys(PasskeyVerifier(address), self._ledger, secret_box),
                OidcSignIn(self._providers, address, self._ledger),
                registry,
                server_data := ServerDataView(read_server_registry(), settings),
                PolicyPages(registry, address, settings.company, assets, server_data),
                retention,
                DiskSpace(written_folders(settings.files, database_url), settings.monitoring.free_space_mb * MEGABYTE),
            ),
            trace=self._trace,
        )
        self._events = EventPublisher(self._live.bus, self._tasks, visitors.bans.forget)
        self._readiness = Readiness(self.services)
        self._snooze = SnoozeWaker(self._ledger, self.services.reader)
        self._loops = Loops(self.services.node.ended_loops)

    def _open_writer(self) -> BatchWriter:
        def plain() -> BatchWriter:
            return open_writer(self._database_url, REACTIONS)

        return (self._trace.around(plain) if self._trace else plain)()

    def _publish_entries(self, appended: Sequence[Appended]) -> None:
        self._live.bus.publish(appended)

    def _publish_events(self, events: Sequence[DomainEvent]) -> None:
        self._events.publish(events)

    def _used_sessions(self) -> set[str]:
        now = now_ms()
        for session in self._live.connections.sessions():
            self._live.sessions.note_used(session, now)
        return self._live.sessions.take_used()

    def start(self) -> None:
        """Lock the database and start the ledger, on the event loop. Call `run_loops` next."""
        self._lock.take()
        begin_clock(self._database_url)
        sys.setswitchinterval(SWITCH_SECONDS)
        self._ledger.start()
        self._live.start()

    def run_loops(self, group: asyncio.TaskGroup) -> None:
        """Run the node's periodic work in this group, until `stop`."""
        parts = (self._tasks, self._seen, self._clock, self.services.streams, self._tcp, self._readiness, self._snooze)
        self._loops.start(group, [*self._live.loops(), *(part.loop for part in parts)])

    def begin_stop(self) -> None:
        """Report on /readyz that load balancers should use another node."""
        self.services.node.stopping = True

    async def end_streams(self) -> None:
        """Close all streams. Polling clients learn it in their next poll, if it arrives in time."""
        self.services.node.closed = True
        self._end_all_streams()
        await wait_delivered(self._http_streams, DRAIN_SECONDS)
        # Streams that were opened in the meantime.
        self._end_all_streams()

    def _end_all_streams(self) -> None:
        for stream in self.services.streams.everyone():
            stream.end(1012, "the server restarts")

    async def stop(self) -> None:
        """Finish the accepted work, then close the database."""
        await self._loops.stop()
        # The ledger's thread keeps the process alive until the ledger is closed. An earlier error must not prevent it.
        first = (self._tasks.stop(), self._seen.write())
        for error in await asyncio.gather(*first, return_exceptions=True):
            if error is not None:
                log.error("could not stop a component", exc_info=error)
        for provider in self._providers.values():
            await provider.close()
        await self._ledger.close()
        await self._live.stop()
        await self._reader.close()
        if self._trace is not None:
            await asyncio.to_thread(self._trace.close)
        self._lock.release()

    def asgi(self, extra_routes: Sequence[Route] = ()) -> ASGIApp:
        """Return the ASGI application with the route table and `extra_routes` (for the demo)."""
        app = Application(
            route_handlers=route_handlers(extra_routes),
            state=State(
                {
                    "platform": self.services,
                    "http_streams": self._http_streams,
                    "readiness": self._readiness,
                    "feed": self._live.feed,
                }
            ),
            exception_handlers={
                ApiError: error_response,
                HTTPException: http_exception_response,
                Exception: internal_error_response,
            },
            request_max_body_size=MAX_FRAME,
            openapi_config=None,
            logging_config=None,
        )
        return Middleware(app, self.services)


def open_trace(url: str) -> "tracing_otlp.OtlpTrace | None":
    """Return the exporter of traces to this address, or None if it is empty.

    Raises:
        SettingsError: if the packages that it needs are not installed.
    """
    if not url:
        return None
    try:
        return tracing_otlp.OtlpTrace(url)
    except ModuleNotFoundError as error:
        needed = "pip install opentelemetry-sdk opentelemetry-exporter-otlp-proto-http"
        raise SettingsError(f"CRUMBLESS_TRACING_URL: {error.name} is not installed: {needed}") from None


def open_socket(host: str, port: int) -> socket.socket:
    """Return a bound socket. Port 0 selects a free one.

    Raises:
        SettingsError: if the address is unavailable.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except (OSError, OverflowError) as error:
        listening.close()
        reason = getattr(error, "strerror", None) or str(error)
        raise SettingsError(f"CRUMBLESS_PORT: cannot listen on {host} port {port}: {reason}") from None
    return listening


class _Uvicorn(uvicorn.Server):
    """uvicorn without its signal handling, which would kill the process with the caught signal."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield

    def stop_listening(self) -> None:
        """Accept no new connections, so that a load balancer uses another node. Open connections continue."""
        for one in getattr(self, "servers", ()):
            one.close()


def _uvicorn(app: ASGIApp, shell: HttpShell, ws: object = None) -> _Uvicorn:
    return _Uvicorn(
        uvicorn.Config(
            app,  # pyright: ignore[reportArgumentType]
            http=functools.partial(DeadlineHttpProtocol, shell),  # pyright: ignore[reportArgumentType]
            ws=ws or "none",  # pyright: ignore[reportArgumentType]
            lifespan="off",
            access_log=False,
            # client_address.py handles X-Forwarded-For. uvicorn would trust it from all processes of this machine.
            proxy_headers=False,
            log_config=None,
            server_header=False,
            timeout_graceful_shutdown=STOP_SECONDS,
            backlog=4096,
        )
    )


async def serve(
    settings: Settings,
    listening: socket.socket,
    extra_apps: Sequence[tuple[ASGIApp, socket.socket]] = (),
    on_ready: Callable[[], Awaitable[None]] | None = None,
    mails: MailPort | None = None,
    extra_routes: Sequence[Route] = (),
) -> None:
    """Serve until SIGINT or SIGTERM, then finish the accepted work and return. A second signal ends the drain.

    Args:
        listening: the socket to serve on (see `open_socket`).
        extra_apps: further applications in the same process, each with its own socket (the demo's shop).
        on_ready: awaited when the server accepts requests.
        mails: replaces the mail transport of the settings.
        extra_routes: routes in addition to the route table.

    Raises:
        SettingsError: if the database is not ready to be served.
    """
    check_schema(settings.database.database_url, make=True)
    if settings.bus.bus_url == "memory" and not settings.database.database_url.startswith("sqlite:"):
        log.warning("CRUMBLESS_BUS_URL is memory: correct for one node, but not for several nodes on this database")
    server = Server(settings, mails)
    server.start()
    stopping = asyncio.Event()
    force_exit = asyncio.Event()

    def stop() -> None:
        (force_exit if stopping.is_set() else stopping).set()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    shell = HttpShell(server.services)
    main = _uvicorn(
        server.asgi(extra_routes), shell, functools.partial(StreamWebSocket, server.services, WriteCoalescer())
    )
    others = [(_uvicorn(app, shell), its_socket) for app, its_socket in extra_apps]
    tune_gc()
    running = [
        asyncio.ensure_future(one.serve(sockets=[its_socket])) for one, its_socket in [(main, listening), *others]
    ]
    async with asyncio.TaskGroup() as group:
        server.run_loops(group)
        try:
            if on_ready is not None:
                # Not a Periodic: it waits once, at the start.
                while not all(one.started for one, _ in [(main, listening), *others]):  # noqa: ASYNC110 - uvicorn has no event
                    await asyncio.sleep(0.005)
                await on_ready()
            await stopping.wait()
        finally:
            server.begin_stop()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(settings.server.drain_seconds):
                    await force_exit.wait()
            for one, _ in [(main, listening), *others]:
                one.stop_listening()
            await server.end_streams()
            for one, _ in [(main, listening), *others]:
                one.should_exit = True
            await asyncio.gather(*running)
            await server.stop()
