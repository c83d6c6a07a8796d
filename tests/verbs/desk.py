"""One user who sends requests: a file, a journal, and a simulator whose clock only the test moves."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from batch_tui.api import BatchClient
from batch_tui.results.store import ResultsStore
from batch_tui.settings import Settings
from batch_tui.submission.journal import SubmissionJournal
from batch_tui.submission.request_file import iter_requests
from batch_tui.verbs.session import Session
from batch_tui.verbs.submitting import Sender

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    import pytest

    from batch_tui.simulator import ManualClock, Simulator

PARAMS = {"model": "claude-opus-5-5", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}


def _yes() -> bool:
    return True


class Desk:
    """One user's file, journal and simulator; `clock` is the server's, and this machine's is `skew` ahead of it."""

    def __init__(
        self, simulator: Simulator, clock: ManualClock, directory: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.simulator, self.clock = simulator, clock
        self.skew = timedelta()
        self.settings = Settings(base_url=simulator.url)
        self.file = directory / "requests.jsonl"
        self.write(3)
        self.journal = SubmissionJournal(directory / "state" / "submissions", clock=self.now)
        self.links = ResultsStore(directory / "results", simulator.url)
        self.sleeps: list[float] = []
        self.during: Callable[[], object] = lambda: None
        """What happens while it waits."""
        self._capsys = capsys

    def now(self) -> datetime:
        return self.clock() + self.skew

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.clock.advance(seconds=seconds)
        self.during()

    def client(self) -> BatchClient:
        return BatchClient(api_key="k", base_url=self.settings.base_url, environ={}, max_retries=0, now=self.now)

    def write(self, size: int) -> None:
        lines = [json.dumps({"custom_id": f"r{number}", "params": PARAMS}) for number in range(size)]
        self.file.write_text("\n".join(lines), encoding="utf-8")

    def sender(self, client: BatchClient, *, as_json: bool = False, repeats: Callable[[], bool] = _yes) -> Sender:
        session = Session(self.settings, lambda: client)
        return Sender(
            session,
            client,
            self.journal,
            self.links,
            as_json=as_json,
            repeats=repeats,
            sleep=self.sleep,
            now=self.now,
        )

    def send(
        self, *, as_json: bool = False, repeats: Callable[[], bool] = _yes, **options: Any
    ) -> tuple[int, str, str]:
        """The exit code, stdout and stderr of one `create`; `repeats` answers whether to send the same again."""
        with self.client() as client:
            sender = self.sender(client, as_json=as_json, repeats=repeats)
            code = sender.send(lambda: iter_requests(self.file), self.file, **options)
        return code, *self.said()

    def said(self) -> tuple[str, str]:
        """Stdout and stderr since the last look."""
        out, err = self._capsys.readouterr()
        return out, err

    def made(self) -> list[str]:
        """The batches that exist."""
        with self.client() as client:
            return [batch.id for batch in client.messages.batches.list(limit=1000).data]

    def make(self, prefix: str = "r", count: int = 3) -> str:
        """Somebody else's batch in the same workspace."""
        with self.client() as client:
            requests = [{"custom_id": f"{prefix}{number}", "params": PARAMS} for number in range(count)]
            return client.messages.batches.create(requests=requests).id

    def outcomes(self) -> list[str | None]:
        return [one.outcome for one in self.journal.submissions()]
