"""A line that goes dead in the middle of something: what came whole before is browsed while it is waited for."""

from __future__ import annotations

import socket
import ssl
import threading
from typing import TYPE_CHECKING, Any

import pytest

from batch_tui.api import BatchClient
from batch_tui.results.download import ResultsDownload
from batch_tui.results.store import ResultsStore
from tests.results.lines import many

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from batch_tui.results.download_control import DownloadProgress

BATCH = "msgbatch_01HkcTjaV5uDC8jWR4ZsDV8d"
BODY = many(2000)
SENT = 700_000
"""Bytes of it that arrive before the line goes dead, and are a good deal more than a TLS record."""


def nameless(protocol: int) -> ssl.SSLContext:
    """A context that needs no certificate, as both ends trust each other."""
    context = ssl.SSLContext(protocol)
    if protocol == ssl.PROTOCOL_TLS_CLIENT:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AECDH-AES128-SHA:@SECLEVEL=0")
    return context


class StallingServer:
    """Answers one request over TLS, up to the middle of a record, and then says nothing until it is let go."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(20)
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        context = nameless(ssl.PROTOCOL_TLS_SERVER)
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._let_go = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    @property
    def origin(self) -> str:
        return f"https://127.0.0.1:{self._listener.getsockname()[1]}"

    def close(self) -> None:
        """Drop the line."""
        self._let_go.set()
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        connection, _ = self._listener.accept()
        with connection:
            self._do(connection, self._tls.do_handshake)
            self._do(connection, lambda: self._tls.read(65_536))
            head = f"HTTP/1.1 200 OK\r\ncontent-type: application/x-jsonl\r\ncontent-length: {len(BODY)}\r\n\r\n"
            self._tls.write(head.encode())
            for start in range(0, SENT, 10_000):
                self._tls.write(BODY[start : start + 10_000])
            self._tls.write(BODY[SENT : SENT + 10_000])
            # What is not the end of a record tells nobody what is in it.
            connection.sendall(self._outgoing.read()[:-1000])
            self._let_go.wait(20)

    def _do(self, connection: socket.socket, step: Callable[[], object]) -> None:
        while True:
            try:
                step()
            except ssl.SSLWantReadError:
                connection.sendall(self._outgoing.read())
                self._incoming.write(connection.recv(65_536))
            else:
                connection.sendall(self._outgoing.read())
                return


@pytest.fixture
def server() -> Iterator[StallingServer]:
    server = StallingServer()
    yield server
    server.close()


@pytest.mark.parametrize("chunk_size", [60_000, 2_000_000], ids=["more than a few chunks", "less than a chunk"])
def test_what_came_whole_is_seen_while_nothing_comes(server: StallingServer, tmp_path: Path, chunk_size: int) -> None:
    all_seen = threading.Event()
    rows: list[int] = []

    def told(progress: DownloadProgress) -> None:
        rows.append(progress.rows)
        if progress.rows == BODY[:SENT].count(b"\n"):
            all_seen.set()

    given: dict[str, Any] = {"read_ahead": 0, "progress_interval": 0.0, "chunk_size": chunk_size}
    with BatchClient("k", base_url=server.origin, max_retries=0, verify=nameless(ssl.PROTOCOL_TLS_CLIENT)) as client:
        store = ResultsStore(tmp_path, origin=server.origin)
        download = ResultsDownload(client.messages.batches, BATCH, store, on_progress=told, **given)
        thread = threading.Thread(target=download.run)
        thread.start()
        seen = all_seen.wait(10)
        download.stop()
        thread.join(20)
    assert seen, f"{rows[-1]} of {BODY[:SENT].count(bytes([10]))} lines"
