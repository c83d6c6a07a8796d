"""The simulator on a loopback port: uvicorn in a thread, or blocking until told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import ipaddress
import signal
import socket
import threading
from typing import TYPE_CHECKING, Literal

import anyio
import msgspec
import uvicorn

from batch_tui.simulator.account import Account
from batch_tui.simulator.chaos import Faults
from batch_tui.simulator.clock import ScaledClock, ShiftedClock, instant
from batch_tui.simulator.connections import Connections
from batch_tui.simulator.faults import Fault
from batch_tui.simulator.rate_limit import TokenBucket
from batch_tui.simulator.request_log import RequestLog, Served
from batch_tui.simulator.routes import Api, application
from batch_tui.simulator.validation import MOST_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from types import FrameType, TracebackType
    from typing import Self

    from starlette.types import ASGIApp

    from batch_tui.simulator.results_body import Sleep

_TICK = 0.1
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def _loopback(host: str) -> str:
    """The address to bind; ValueError for one that others could reach."""
    if host == "localhost":
        return "127.0.0.1"
    try:
        address = ipaddress.ip_address(host)
    except ValueError as problem:
        message = f"host must be a loopback address such as 127.0.0.1, not {host!r}."
        raise ValueError(message) from problem
    if not address.is_loopback:
        raise ValueError(
            f"host must be a loopback address such as 127.0.0.1, not {host!r}: the simulator is for this machine only."
        )
    return host


class _Server(uvicorn.Server):
    """uvicorn that says when it is ready, asks whether to go on, and swallows stop signals."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        connections: Connections,
        on_ready: Callable[[], None],
        until: Callable[[], bool] | None,
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                loop="asyncio",
                http=connections.protocol(),
                ws="none",
                lifespan="off",
                log_config=None,
                log_level="critical",
                access_log=False,
                server_header=False,
                date_header=False,
                timeout_keep_alive=75,
                # A tenth of a second passes anyway; a download in flight must not delay quitting.
                timeout_graceful_shutdown=0,
            )
        )
        self._on_ready = on_ready
        self._until = until
        self._loop: asyncio.AbstractEventLoop | None = None
        self._woken = asyncio.Event()
        self.stopped_by: int | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self._loop = asyncio.get_running_loop()
        self._on_ready()

    async def main_loop(self) -> None:
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), _TICK)

    def stop(self) -> None:
        """Let the server end now instead of at its next tick; for other threads."""
        self.should_exit = True
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._woken.set)

    async def on_tick(self, counter: int) -> bool:
        if self._until is not None and self._until():
            return True
        return await super().on_tick(counter)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """uvicorn's own version raises the signal again after a clean stop, which ends in a traceback."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        previous = {number: signal.signal(number, self._stop) for number in _STOP_SIGNALS}
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)

    def _stop(self, number: int, _frame: FrameType | None) -> None:
        self.force_exit = self.should_exit and number == signal.SIGINT
        self.should_exit = True
        self.stopped_by = number


class Simulator:
    """A local Message Batches API with a seeded past and a life of its own.

    `with Simulator() as url:` serves until the end of the block; `url` can do what the simulator can, too.
    `batches` past batches are computed, never stored. `speed` scales the default clock; `now` is the
    instant (aware) at which that starts, or a clock in its place (returning aware UTC).
    `counts="gradual"` moves the outcome counts before a batch ends. `chaos` names profiles of
    `chaos.PROFILES` and `chaos.MISFORTUNES`, as `flaky` or with a rate as `flaky:0.3`; all of them
    act together. `live=False` leaves out everything unfinished.
    `page_delay` is in real seconds, `results_bytes_per_second` in real time too; both pass through `sleep`.
    `requests_per_minute` (of simulated time) refuses what exceeds it with 429; None never does. `queue_limit`
    does the same to a batch that would put more requests than that into processing.
    `gzip` compresses results for clients that accept it. `lenient` takes the examples of the API
    reference: the id `message_batch_id`, cursors that name nothing, and two cursors at once.
    Raises ValueError for a host that is not loopback and for other arguments out of range;
    starting raises OSError when the port is taken.
    """

    def __init__(
        self,
        *,
        batches: int = 240,
        seed: int = 1,
        speed: float = 1.0,
        port: int = 0,
        host: str = "127.0.0.1",
        api_key: str | None = None,
        counts: Literal["final", "gradual"] = "final",
        chaos: Sequence[str] = (),
        now: Callable[[], datetime] | datetime | None = None,
        live: bool = True,
        results_bytes_per_second: int | None = None,
        page_delay: float = 0.0,
        max_body_bytes: int = MOST_BYTES,
        requests_per_minute: int | None = None,
        queue_limit: int | None = None,
        gzip: bool = False,
        lenient: bool = False,
        sleep: Sleep = anyio.sleep,
    ) -> None:
        if batches < 0:
            raise ValueError(f"batches must not be negative: {batches}.")
        if counts not in ("final", "gradual"):
            raise ValueError(f'counts must be "final" or "gradual", not {counts!r}.')
        if results_bytes_per_second is not None and results_bytes_per_second <= 0:
            raise ValueError("results_bytes_per_second must be positive, or None for full speed.")
        self._address = _loopback(host)
        self._port = port
        self._seed = seed
        self._clock = ShiftedClock(now if callable(now) else ScaledClock(speed, now))
        self._log = RequestLog()
        self._faults = Faults(seed, [chaos] if isinstance(chaos, str) else chaos)
        self._account = Account(
            seed=seed,
            start=instant(self._clock()),
            history=batches,
            live=live,
            gradual=counts == "gradual",
            lenient=lenient,
            queue_limit=queue_limit,
            misfortune=self._faults.misfortune,
        )
        self._bucket = None if requests_per_minute is None else TokenBucket(requests_per_minute)
        self._gzip = gzip
        self._lenient = lenient
        self._sleep = sleep
        self._api_key = api_key
        self._max_body_bytes = max_body_bytes
        self._page_delay = page_delay
        self._pace = results_bytes_per_second
        self._url: str | None = None
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """`http://127.0.0.1:PORT`; RuntimeError unless the server is running."""
        if self._url is None:
            raise RuntimeError("The simulator is not running: enter it with `with`, or call serve().")
        return self._url

    def past_batch_id(self, number: int) -> str:
        """The id of past batch `number`, 0 being the newest; IndexError if there is none."""
        return self._account.past_id(number)

    def requests(self) -> list[Served]:
        """The last 1,000 requests served, oldest first."""
        return self._log.read()[1]

    @property
    def request_count(self) -> int:
        """How many requests were served."""
        return self._log.read()[0]

    def arm(self, fault: Fault | None = None, /, **fields: object) -> None:
        """Let a fault happen to the next requests it matches: a Fault, or its fields by name."""
        armed = fault if fault is not None else msgspec.convert(fields, Fault)
        self._faults.arm(armed)

    def disarm(self) -> None:
        """Forget the faults armed and not yet used up."""
        self._faults.disarm()

    def advance(self, seconds: float) -> None:
        """Move the simulated time on; ValueError for a negative number or one beyond a century."""
        self._clock.advance(seconds)

    def _bind(self) -> socket.socket:
        family = socket.AF_INET6 if ":" in self._address else socket.AF_INET
        # asyncio switches Nagle's delay off only where the protocol is named.
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((self._address, self._port))
        except OSError as problem:
            listener.close()
            if problem.errno != errno.EADDRINUSE:
                raise
            place = f"Port {self._port} on {self._address}"
            message = f"{place} is already in use. Choose another port, or 0 for a free one."
            raise OSError(errno.EADDRINUSE, message) from problem
        host = f"[{self._address}]" if family == socket.AF_INET6 else self._address
        self._url = f"http://{host}:{listener.getsockname()[1]}"
        return listener

    def _make_server(self, on_ready: Callable[[], None], until: Callable[[], bool] | None) -> _Server:
        api = Api(
            self._account,
            origin=self.url,
            api_key=self._api_key,
            most_bytes=self._max_body_bytes,
            page_delay=self._page_delay,
            results_bytes_per_second=self._pace,
            gzip=self._gzip,
            lenient=self._lenient,
            bucket=self._bucket,
            sleep=self._sleep,
        )
        connections = Connections()
        app = application(
            api,
            seed=self._seed,
            clock=self._clock,
            log=self._log,
            faults=self._faults,
            bucket=self._bucket,
            sleep=self._sleep,
            reset=connections.reset,
        )
        return _Server(app, connections=connections, on_ready=on_ready, until=until)

    def __enter__(self) -> RunningSimulator:
        if self._thread is not None:
            raise RuntimeError("The simulator is already running.")
        listener = self._bind()
        ready = threading.Event()
        self._server = self._make_server(ready.set, None)
        self._thread = threading.Thread(
            target=self._server.run, args=([listener],), name="batch simulator", daemon=True
        )
        self._thread.start()
        while not ready.wait(0.05):
            if not self._thread.is_alive():
                listener.close()
                raise RuntimeError("The simulator's server ended before it was ready.")
        return RunningSimulator(self)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._server is not None and self._thread is not None:
            self._server.stop()
            self._thread.join()
        self._server = self._thread = self._url = None

    def serve(
        self,
        *,
        on_ready: Callable[[str], None] | None = None,
        until: Callable[[], bool] | None = None,
    ) -> int | None:
        """Serve until SIGINT or SIGTERM (in the main thread), or until `until()` says so.

        `on_ready` gets the URL once requests are answered; `until` is asked ten times a second.
        Returns the number of the signal that ended it, or None.
        """
        listener = self._bind()
        url = self.url
        server = self._make_server(lambda: on_ready(url) if on_ready else None, until)
        self._server = server
        try:
            server.run([listener])
        finally:
            listener.close()
            self._server = self._url = None
        return server.stopped_by


class RunningSimulator(Simulator, str):
    """What `with` gives: the URL, as text for any client's `base_url`, and at the same time its simulator."""

    def __new__(cls, simulator: Simulator) -> Self:
        """The text is `simulator.url`."""
        return str.__new__(cls, simulator.url)

    def __init__(self, simulator: Simulator) -> None:
        # One state under two faces: whichever is asked or armed, it is the same server.
        self.__dict__ = simulator.__dict__
