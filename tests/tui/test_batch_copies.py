"""What is copied of a batch works where it is pasted, and holds no key."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

import pytest

from tests.tui.play import playing
from tests.tui.scenes import ended, go_to

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("key", ["y", "j", "u", "c", "p", "r"])
async def test_each_form(tmp_path: Path, key: str) -> None:
    async with playing(tmp_path) as play:
        batch_id = await go_to(play.stage, play.pilot, ended)
        batch = play.catalog.get(batch_id)
        await play.press("y", key)
        text = play.stage.app.clipboard
        assert "Copied" in play.said()
        assert "test-key" not in text
        match key:
            case "y":
                assert text == batch_id
            case "j":
                assert json.loads(text)["id"] == batch_id
            case "u":
                assert text == batch.results_url
            case "c":
                assert shlex.split(text)[1].endswith(f"/v1/messages/batches/{batch_id}")
                assert "$ANTHROPIC_API_KEY" in text
            case "p":
                compile(text, "pasted", "exec")
                assert repr(batch_id) in text
            case "r":
                assert shlex.split(text)[-2:] == ["results", batch_id]


async def test_a_running_batch_has_no_results_url(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await go_to(play.stage, play.pilot, lambda batch: batch.processing_status == "in_progress")
        await play.press("y", "u", "escape")
        assert play.stage.app.clipboard == ""
