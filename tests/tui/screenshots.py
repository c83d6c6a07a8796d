"""Writes the README's screenshots from the scenes of the tests: `python -m tests.tui.screenshots`."""

from __future__ import annotations

import asyncio
import re
import tempfile
from dataclasses import replace
from pathlib import Path

from tests.tui.acting_scenes import ACTING_SCENES
from tests.tui.scenes import SCENES, Scene, staged

FOLDER = Path(__file__).parents[2] / "screenshots"
SHOWN = {
    "list": "list",
    "list-light": "list-light",
    "detail": "detail-running",
    "results": "results-errored",
    "results-found": "results-found",
    "confirm": "confirm-cancel",
    "bulk": "bulk-dialog",
    "help": "help",
}
"""File name, and the scene it shows."""
_SIZE = {"detail": (120, 32)}


async def _draw(scene: Scene, directory: Path) -> str:
    with staged(scene, directory) as stage:
        async with stage.app.run_test(size=scene.size) as pilot:
            await scene.drive(stage, pilot)
            return stage.app.export_screenshot(title="batch-tui")


def _self_contained(svg: str) -> str:
    """Without the fonts it would fetch, and without the random names that would make every run differ."""
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    svg = svg.replace("font-family: Fira Code, monospace", "font-family: ui-monospace, Menlo, Consolas, monospace")
    return re.sub(r"terminal-\d+", "terminal", svg)


def main() -> None:
    """Draw every screenshot anew."""
    FOLDER.mkdir(exist_ok=True)
    for name, scene_name in SHOWN.items():
        scene = (SCENES | ACTING_SCENES)[scene_name]
        with tempfile.TemporaryDirectory() as directory:
            svg = asyncio.run(_draw(replace(scene, size=_SIZE.get(name, scene.size)), Path(directory)))
        (FOLDER / f"{name}.svg").write_text(_self_contained(svg), encoding="utf-8")


if __name__ == "__main__":
    main()
