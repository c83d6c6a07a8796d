"""Downloads through the real client from a small loopback server that drops lines, compresses and ignores ranges."""

from __future__ import annotations

import gzip
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from batch_tui.api import BatchClient
from batch_tui.results.download import ResultsDownload
from batch_tui.results.store import ResultsStore
from tests.results.lines import body, many, succeeded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from batch_tui.results.download_control import DownloadProgress

BATCH = "msgbatch_01HkcTjaV5uDC8jWR4ZsDV8d"


@dataclass
class Script:
    """How the server behaves; `cuts` are the bytes after which it drops the line, one per request."""

    body: bytes = b""
    ranges: bool = True
    chunked: bool = False
    compressed: bool = False
    status: int = 200
    content_type: str = "application/x-jsonl"
    cuts: list[int] = field(default_factory=list)
    asked: list[str | None] = field(default_factory=list)
    go_on: threading.Event = field(default_factory=threading.Event)
    stall_after: int | None = None
    rubbish_after: bytes = b""
    elsewhere: bool = False
    """Whether a part begins at another byte than was asked for."""


class Handler(BaseHTTPRequestHandler):
    """Answers every GET by the script of its server."""

    protocol_version = "HTTP/1.1"
    script: Script

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Send the results, as far as the script lets it."""
        script = self.script
        wanted = self.headers.get("range")
        script.asked.append(wanted)
        start = int(wanted.removeprefix("bytes=").split("-")[0]) if wanted and script.ranges else 0
        if start and script.elsewhere:
            start //= 2
        sent = script.body[start:]
        if script.compressed and not start:
            sent = gzip.compress(sent) + script.rubbish_after
        self.send_response(206 if start else script.status)
        self.send_header("content-type", script.content_type)
        if start:
            self.send_header("content-range", f"bytes {start}-{len(script.body) - 1}/{len(script.body)}")
        elif script.compressed:
            self.send_header("content-encoding", "gzip")
        if script.chunked:
            self.send_header("transfer-encoding", "chunked")
        else:
            self.send_header("content-length", str(len(sent)))
        self.end_headers()
        self._send(sent, script.cuts.pop(0) if script.cuts else None)

    def _send(self, sent: bytes, cut: int | None) -> None:
        if self.script.stall_after is not None:
            self.wfile.write(sent[: self.script.stall_after])
            self.script.go_on.wait(20)
            self.close_connection = True
            return
        part = sent if cut is None else sent[:cut]
        if self.script.chunked:
            for at in range(0, len(part), 3000):
                piece = part[at : at + 3000]
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            if cut is None:
                self.wfile.write(b"0\r\n\r\n")
        else:
            self.wfile.write(part)
        self.close_connection = cut is not None


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def origin(script: Script) -> Iterator[str]:
    handler = type("ScriptedHandler", (Handler,), {"script": script})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    script.go_on.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def store(tmp_path: Path, origin: str) -> ResultsStore:
    return ResultsStore(tmp_path, origin=origin)


@pytest.fixture
def download(origin: str, store: ResultsStore) -> Iterator[Callable[..., ResultsDownload]]:
    with BatchClient("test-key", base_url=origin, max_retries=0) as client:

        def make(**options: Any) -> ResultsDownload:
            given: dict[str, Any] = {"sleep": lambda _: None, "read_ahead": 0, **options}
            return ResultsDownload(client.messages.batches, BATCH, store, **given)

        yield make


@pytest.mark.parametrize("chunked", [True, False])
@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize("ranges", [True, False])
def test_a_line_that_drops_twice_loses_and_doubles_nothing(
    script: Script,
    store: ResultsStore,
    download: Callable[..., ResultsDownload],
    chunked: bool,
    compressed: bool,
    ranges: bool,
) -> None:
    script.body = many(2000, "Grüße")
    script.chunked, script.compressed, script.ranges = chunked, compressed, ranges
    script.cuts = [3000, 5000] if compressed else [300_000, 500_000]
    end = download(expected=2000).run()
    assert (end.state, end.rows, end.verified, end.error) == ("complete", 2000, True, None)
    assert end.content_length == len(script.body)
    assert store.results_path(BATCH).read_bytes() == script.body
    assert len(script.asked) == 3
    assert script.asked[0] is None
    assert all((asked or "").startswith("bytes=") for asked in script.asked[1:])


def test_what_came_before_a_damage_can_be_browsed(
    script: Script, store: ResultsStore, download: Callable[..., ResultsDownload]
) -> None:
    random = Random(4)
    script.body = body(*(succeeded(f"r-{n}", random.randbytes(300).hex()) for n in range(3000)))
    script.compressed, script.rubbish_after = True, bytes(500_000)
    running = download(chunk_size=60_000)
    end = running.run()
    assert (end.state, store.part_path(BATCH).read_bytes()) == ("failed", script.body)
    assert "compression is damaged" in str(end.error)
    assert running.results is not None
    assert (end.rows, len(running.results)) == (3000, 3000)


def test_results_that_are_not_there_fail_with_the_words_of_the_api(
    script: Script, download: Callable[..., ResultsDownload]
) -> None:
    script.status, script.content_type = 404, "application/json"
    text = f"Message Batch {BATCH} has no available results."
    script.body = b'{"type":"error","error":{"type":"not_found_error","message":"%s"}}' % text.encode()
    end = download().run()
    assert end.state == "failed"
    assert "has no available results" in str(end.error)
    assert len(script.asked) == 1


@pytest.mark.parametrize("content_type", ["text/html", "application/x-jsonl"])
def test_a_web_page_is_never_taken_for_results(
    script: Script, store: ResultsStore, download: Callable[..., ResultsDownload], content_type: str
) -> None:
    script.body, script.content_type = b"<!doctype html><title>Sign in</title>", content_type
    end = download().run()
    assert end.state == "failed"
    assert store.stored(BATCH) is None


def test_results_called_html_are_results(script: Script, download: Callable[..., ResultsDownload]) -> None:
    script.body, script.content_type = many(3), "text/html"
    assert download().run().rows == 3


def test_stop_frees_a_thread_that_waits_for_bytes(script: Script, download: Callable[..., ResultsDownload]) -> None:
    script.body, script.stall_after = many(100), 10_000
    some = threading.Event()
    ends: list[DownloadProgress] = []

    def told(progress: DownloadProgress) -> None:
        if progress.rows:
            some.set()

    running = download(on_progress=told, progress_interval=0.0)
    thread = threading.Thread(target=lambda: ends.append(running.run()))
    thread.start()
    assert some.wait(20)
    running.stop()
    thread.join(20)
    assert [end.state for end in ends] == ["stopped"]
    assert ends[0].rows > 10


def test_another_part_than_was_asked_for_has_all_of_it_read_again(
    script: Script, download: Callable[..., ResultsDownload], store: ResultsStore
) -> None:
    script.body, script.elsewhere, script.cuts = many(200), True, [20_500]
    end = download(expected=200).run()
    assert (end.state, end.rows, end.verified) == ("complete", 200, True)
    assert store.results_path(BATCH).read_bytes() == script.body
    assert [one and one.partition("=")[0] for one in script.asked] == [None, "bytes", None]
    assert end.note is not None
    assert "started over" in end.note
    # What came before agreed, so the rows that were on screen stay those.
    assert end.restarts == 0


def test_a_server_that_only_ever_sends_other_parts_is_given_up(
    script: Script, download: Callable[..., ResultsDownload]
) -> None:
    script.body, script.elsewhere, script.cuts = many(200), True, [20_500, *[0] * 40]
    end = download(expected=200).run()
    assert end.state == "failed"
    assert len(script.asked) < 20
