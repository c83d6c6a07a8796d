"""A loopback HTTP server that answers with canned replies, in order, and keeps what it was asked."""

from __future__ import annotations

import json
import socket
import struct
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType


@dataclass(frozen=True)
class Asked:
    """One request as it arrived; header names in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


@dataclass(frozen=True)
class Reply:
    """One canned answer.

    `chunks` are sent as one HTTP chunk each; `body` with a Content-Length, which `promised` can overstate.
    `ending` says what happens after: "keep" the connection, "close" it (an unfinished body is then cut),
    "reset" it, or "hold" it open and silent until the server stops.
    """

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    chunks: Sequence[bytes] | None = None
    promised: int | None = None
    until_close: bool = False
    """Send neither Content-Length nor chunks: the body ends where the connection does."""
    ending: str = "keep"
    silent: bool = False
    """Send nothing at all before the ending."""

    def head(self) -> bytes:
        lines = [f"HTTP/1.1 {self.status} Scripted"]
        if self.chunks is not None:
            lines.append("transfer-encoding: chunked")
        elif not self.until_close:
            lines.append(f"content-length: {len(self.body) if self.promised is None else self.promised}")
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def json_reply(value: Any, status: int = 200, **headers: str) -> Reply:
    """An answer in JSON; header names are written with underscores."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Reply(status, json.dumps(value).encode(), {"content-type": "application/json", **named})


def error_reply(status: int, category: str, message: str, **headers: str) -> Reply:
    """An answer in the API's error envelope."""
    return json_reply({"type": "error", "error": {"type": category, "message": message}}, status, **headers)


class ScriptedServer:
    """Serves `replies` one by one on 127.0.0.1; a request beyond the script gets status 418."""

    def __init__(self, *replies: Reply) -> None:
        self.asked: list[Asked] = []
        self.closed_by_client = threading.Event()
        self._replies = list(replies)
        self._stopping = threading.Event()
        self._arrival = threading.Condition()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._open: list[socket.socket] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def script(self, *replies: Reply) -> None:
        """Begin another script; what was asked before is forgotten."""
        self.asked.clear()
        self._replies[:] = replies

    def wait_until_asked(self, count: int) -> None:
        """Return when so many requests have arrived. Raises TimeoutError after five seconds."""
        with self._arrival:
            if not self._arrival.wait_for(lambda: len(self.asked) >= count, timeout=5):
                raise TimeoutError(f"{len(self.asked)} requests arrived, not {count}.")

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        _shut(self._listener)
        for connection in self._open:
            _shut(connection)
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(connection)
            worker = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(worker)
            worker.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as incoming:
            try:
                while (asked := _read_request(incoming)) is not None:
                    with self._arrival:
                        self.asked.append(asked)
                        self._arrival.notify_all()
                    reply = self._replies.pop(0) if self._replies else Reply(418, b"nothing scripted")
                    if not self._answer(connection, reply):
                        return
            except OSError:
                self.closed_by_client.set()

    def _answer(self, connection: socket.socket, reply: Reply) -> bool:
        if not reply.silent:
            connection.sendall(reply.head())
            for chunk in reply.chunks or ():
                connection.sendall(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
            if reply.chunks is not None and reply.ending == "keep":
                connection.sendall(b"0\r\n\r\n")
            connection.sendall(reply.body)
        if reply.ending == "hold":
            # Returns when the client hangs up, or the server shuts this end.
            if connection.recv(1) == b"" and not self._stopping.is_set():
                self.closed_by_client.set()
            return False
        if reply.ending == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return reply.ending == "keep" and not reply.until_close


def _read_request(incoming: Any) -> Asked | None:
    first = incoming.readline().decode("latin-1").split()
    if not first:
        return None
    headers: dict[str, str] = {}
    while (line := incoming.readline().decode("latin-1").strip()) != "":
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    return Asked(first[0], first[1], headers, incoming.read(int(headers.get("content-length", 0))))


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        # The other side was first.
        return
    finally:
        connection.close()
