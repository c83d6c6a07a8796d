"""`batch-tui simulate` as a process of its own, and what a test asks of it over HTTP."""

from __future__ import annotations

import json
import signal
import subprocess
from typing import TYPE_CHECKING, Any, Self

import httpx

from tests.end_to_end.homes import BATCH_TUI
from tests.end_to_end.terminal import PATIENCE

if TYPE_CHECKING:
    from tests.end_to_end.homes import Home

KEY = "test-key"
"""What every request of a test authenticates with."""


class SimulatorProcess:
    """Runs until `stop`; its address is the first line of its output."""

    def __init__(self, home: Home, *options: str, port: int = 0) -> None:
        self._notes = (home.path / f"simulate-{port}.stderr").open("w+", encoding="utf-8")
        self._process = subprocess.Popen(
            [BATCH_TUI, "simulate", "--port", str(port), *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._notes,
            text=True,
            env=home.environment({}),
            cwd=home.path,
        )
        assert self._process.stdout is not None  # a pipe, as asked for above
        self._output = self._process.stdout
        self.url = self._output.readline().strip()
        assert self.url.startswith("http://127.0.0.1:"), f"No address on the first line: {self.url!r}, {self.stderr}"
        self._http = httpx.Client(
            base_url=self.url,
            headers={"x-api-key": KEY, "anthropic-version": "2023-06-01"},
            timeout=PATIENCE,
            trust_env=False,
        )

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.url.rpartition(":")[2])

    @property
    def stderr(self) -> str:
        """What it said on stderr so far."""
        self._notes.seek(0)
        return self._notes.read()

    def newest(self, limit: int = 1000) -> list[dict[str, Any]]:
        """The newest batches as the API gives them, newest first."""
        answer = self._http.get("/v1/messages/batches", params={"limit": limit}).raise_for_status()
        batches: list[dict[str, Any]] = answer.json()["data"]
        return batches

    def delete(self, batch_id: str) -> None:
        """Delete a batch behind the dashboard's back."""
        self._http.delete(f"/v1/messages/batches/{batch_id}").raise_for_status()

    def results(self, batch_id: str) -> list[dict[str, Any]]:
        """The result lines of an ended batch."""
        answer = self._http.get(f"/v1/messages/batches/{batch_id}/results").raise_for_status()
        return [json.loads(line) for line in answer.content.split(b"\n") if line]

    def asked(self, method: str) -> list[str]:
        """The paths of the last requests of a method, oldest first."""
        served = self._http.get("/__sim__/requests").raise_for_status().json()["requests"]
        return [one["path"] for one in served if one["method"] == method and "/__sim__/" not in one["path"]]

    def arm(self, **fault: Any) -> None:
        """Let a fault happen to the next requests it matches."""
        self._http.post("/__sim__/faults", json=fault).raise_for_status()

    def disarm(self) -> None:
        """Forget the faults not used up."""
        self._http.delete("/__sim__/faults").raise_for_status()

    def stop(self, by: signal.Signals = signal.SIGTERM) -> tuple[int, str, str]:
        """End it with a signal: exit code, the rest of its stdout, and its stderr."""
        self._http.close()
        if self._process.poll() is None:
            self._process.send_signal(by)
        rest, _ = self._process.communicate(timeout=PATIENCE)
        said = self.stderr if not self._notes.closed else ""
        self._notes.close()
        return self._process.returncode, rest, said

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._process.poll() is None:
            self.stop()
