"""Whom the dashboard talks to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from pathlib import Path

    from batch_tui.api.client import AsyncBatchClient, BatchClient


class Connection(msgspec.Struct, frozen=True):
    """Two clients of one workspace: the loop polls and acts, threads fetch results."""

    client: AsyncBatchClient
    download_client: BatchClient


class Origin(msgspec.Struct, frozen=True):
    """Who is asked, as text for the screen; may be untrusted."""

    host: str
    profile: str = "default"
    base_url: str = "https://api.anthropic.com"


class Submissions(msgspec.Struct, frozen=True):
    """Where it is noted what is sent, so that nothing is sent twice: the notes of the command line."""

    directory: Path
    origin: str
    """The base URL."""
    access: str
    """With what the API is asked, in names, never the key."""
    api_version: str | None = None
    """Whose rules a file of requests is checked by."""
