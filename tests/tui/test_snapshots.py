"""Every named state: no painted cell may harm a terminal, and its picture is one that was looked at."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.tui.acting_scenes import ACTING_SCENES
from tests.tui.results_scenes import RESULTS_SCENES
from tests.tui.scan import assert_harmless
from tests.tui.scenes import SCENES, staged

ALL = SCENES | ACTING_SCENES | RESULTS_SCENES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from textual.pilot import Pilot


@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="snapshots are taken on Python 3.11")
@pytest.mark.parametrize("name", ALL)
def test_scene(name: str, snap_compare: Callable[..., bool], tmp_path: Path) -> None:
    scene = ALL[name]
    with staged(scene, tmp_path) as stage:

        async def run_before(pilot: Pilot[Any]) -> None:
            await scene.drive(stage, pilot)
            assert_harmless(stage.app)

        assert snap_compare(stage.app, terminal_size=scene.size, run_before=run_before)
