"""How long the screen is held up by records of 20 MB, tab by tab: `python -m tests.benchmarks.long_record`."""

from __future__ import annotations

import asyncio
import gc
import json
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.events import Key

from tests.tui import story
from tests.tui.scenes import Scene, ended, go_to, loaded, staged

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from tests.tui.scenes import Stage

_SIZE = (160, 48)
_LETTERS = 10_000_000
_BEAT = 0.002
_STEPS: tuple[tuple[str, str, float], ...] = (
    ("open the results", "v", 3),
    ("first record of 20 MB", "jjj", 3),
    ("second record of 20 MB", "j", 3),
    *((f"tab {name}", "]", 2.0) for name in ("Thinking", "Tools", "Raw", "Usage", "Text")),
    ("plain", "M", 2),
    ("without wrapping", "z", 2),
    ("wrapped again", "z", 2),
    ("to the end and back", "\rGg", 1),
    ("search", "\x1b/depot", 4),
)
_NAMES = {"]": "right_square_bracket", "/": "slash", "\r": "enter", "\x1b": "escape"}


def _long_line(words: str) -> dict[str, Any]:
    text = ("# Head\n\n" + words * 20 + "\n\n") * (_LETTERS // len(words) // 20)
    given = {
        "list": [{"number": number, "text": "x" * 50} for number in range(_LETTERS // 200)],
        "long": text[:2_000_000],
    }
    content = [
        {"type": "thinking", "thinking": text[:2_000_000]},
        {"type": "text", "text": text},
        {"type": "tool_use", "id": "toolu_1", "name": "tool", "input": given},
    ]
    usage = {"input_tokens": 1, "output_tokens": 2}
    message = {"id": "msg_1", "model": "claude-opus-5-5", "content": content, "stop_reason": "end_turn", "usage": usage}
    return {"custom_id": "long", "result": {"type": "succeeded", "message": message}}


async def _measure(stage: Stage, pilot: Pilot[str], long: bytes) -> None:
    batch_id = await go_to(stage, pilot, ended)
    lines = story.as_lines(story.results())
    story.save(stage, batch_id, b"".join(lines.splitlines(keepends=True)[:3]) + long * 3)
    gc.freeze()
    worst = 0.0

    async def beat() -> None:
        nonlocal worst
        while True:
            before = time.perf_counter()
            await asyncio.sleep(_BEAT)
            worst = max(worst, time.perf_counter() - before - _BEAT)

    beating = asyncio.create_task(beat())
    for name, keys, seconds in _STEPS:
        worst = 0.0
        for letter in keys:
            stage.app.post_message(Key(_NAMES.get(letter, letter), letter if letter.isprintable() else None))
        await asyncio.sleep(seconds)
        print(f"  {name:<26}{worst * 1000:>8.1f} ms late at worst")  # noqa: T201  (what this program is for)
    beating.cancel()


async def _run(words: str, name: str) -> None:
    long = json.dumps(_long_line(words), ensure_ascii=False).encode() + b"\n"
    with tempfile.TemporaryDirectory() as directory, staged(Scene(loaded, size=_SIZE), Path(directory)) as stage:
        async with stage.app.run_test(size=_SIZE) as pilot:
            print(f"{name}, {len(long) / 1e6:.1f} MB")  # noqa: T201  (what this program is for)
            await _measure(stage, pilot, long)


def main() -> None:
    """Print how late the event loop was at worst after each key."""
    # The collector's pauses are another matter, and measured elsewhere.
    gc.disable()
    asyncio.run(_run("words and *marks* and more ", "ASCII"))
    asyncio.run(_run("Wörter – und Zeichen, ", "beyond ASCII"))


if __name__ == "__main__":
    main()
