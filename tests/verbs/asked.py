"""Verbs in this process, against a server of a test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_tui.api import BatchClient
from batch_tui.settings import Settings
from batch_tui.verbs.results import Wish, results
from batch_tui.verbs.session import Session

if TYPE_CHECKING:
    from pathlib import Path

    from tests.api.scripted_server import ScriptedServer


def session(server: ScriptedServer, directory: Path) -> Session:
    settings = Settings(base_url=server.url, cache_dir=directory / "cache", data_dir=directory / "data")
    return Session(settings, lambda: BatchClient(api_key="k", base_url=server.url, environ={}, max_retries=0))


def give(batch_id: str, server: ScriptedServer, directory: Path) -> int:
    """The verb `results` with nothing but an id."""
    wish = Wish.of(
        batch_id,
        filter="",
        columns=(),
        format=None,
        output=None,
        force=False,
        summary=False,
        input=None,
        again=False,
    )
    at = session(server, directory)
    return results(wish, at.store(), at.connect)
