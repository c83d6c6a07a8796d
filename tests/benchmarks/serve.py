"""A bare file server that looks like the API to a client that fetches results; a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        file = Path(self.server.file)  # type: ignore[attr-defined]  # set below
        host = self.headers["host"]
        if self.path.partition("?")[0].endswith("/results"):
            with file.open("rb") as body:
                size = os.fstat(body.fileno()).st_size
                self._head(size, "application/x-jsonl")
                self.wfile.flush()
                sent = 0
                while sent < size:
                    sent += os.sendfile(self.connection.fileno(), body.fileno(), sent, size - sent)
            return
        rows, errored = self.server.counts  # type: ignore[attr-defined]  # set below
        batch = {
            "id": "msgbatch_bench",
            "type": "message_batch",
            "processing_status": "ended",
            "request_counts": {
                "processing": 0,
                "succeeded": rows - errored,
                "errored": errored,
                "canceled": 0,
                "expired": 0,
            },
            "created_at": "2026-11-22T12:00:00Z",
            "expires_at": "2026-11-23T12:00:00Z",
            "ended_at": "2026-11-22T13:00:00Z",
            "cancel_initiated_at": None,
            "archived_at": None,
            "results_url": f"http://{host}/v1/messages/batches/msgbatch_bench/results",
        }
        page = {"data": [batch], "has_more": False, "first_id": batch["id"], "last_id": batch["id"]}
        listed = self.path.partition("?")[0].endswith("/batches")
        said = json.dumps(page if listed else batch).encode()
        self._head(len(said), "application/json")
        self.wfile.write(said)

    def _head(self, size: int, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(size))
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""


@contextmanager
def serving(file: Path, rows: int, errored: int = 0) -> Iterator[str]:
    """Serve one results file from another process, as the results of the only batch; gives the base URL."""
    line = [sys.executable, "-m", "tests.benchmarks.serve", str(file), str(rows), str(errored)]
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None  # a pipe, as asked for above
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def main() -> None:
    """Serve the file named on the command line until somebody ends it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.file = sys.argv[1]  # type: ignore[attr-defined]  # read above
    server.counts = int(sys.argv[2]), int(sys.argv[3])  # type: ignore[attr-defined]  # read above
    sys.stdout.write(f"http://127.0.0.1:{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
