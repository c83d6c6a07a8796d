"""The app as it is for a server of the tests' own: no polls by themselves, no waiting, its files in one directory."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

from batch_tui.api import AsyncBatchClient, BatchClient
from batch_tui.results.store import ResultsStore
from batch_tui.tui.app import BatchApp
from batch_tui.tui.connection import Connection, Origin, Submissions
from tests.tui.scenes import NEVER, Clock

if TYPE_CHECKING:
    from pathlib import Path


def served_app(url: str, directory: Path, *, origin: Origin | None = None, **options: Any) -> BatchApp:
    """The app that asks `url`; `options` are further ones of BatchApp, or others than those here."""
    client: dict[str, Any] = {"api_key": "test-key", "base_url": url, "max_retries": 0}
    usual: dict[str, Any] = {"now": Clock(), "zone": UTC, "pace": NEVER, "back_off": lambda seconds: None}
    return BatchApp(
        lambda: Connection(AsyncBatchClient(**client), BatchClient(**client)),
        lambda: ResultsStore(directory, url),
        origin=origin or Origin("host"),
        submissions=Submissions(directory / "submissions", url, "key of TEST_KEY"),
        **(usual | options),
    )
