"""Another file takes the place of the one on screen: the download started over, or somebody had it fetched anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from textual.geometry import Size

from batch_tui.results.download_control import DownloadProgress
from batch_tui.results.line_index import LineIndex
from batch_tui.results.results_file import ResultsFile
from batch_tui.tui import messages
from batch_tui.tui.downloads import DownloadReport
from batch_tui.tui.screens.results import ResultsScreen
from tests.results.lines import encode, succeeded
from tests.tui.own_rows import own_rows
from tests.tui.play import playing
from tests.tui.scenes import settled, until

if TYPE_CHECKING:
    from pathlib import Path

    from batch_tui.results.download_control import State
    from tests.tui.play import Play

WIDE = (120, 30)


class OtherFile:
    """The rows `new-0`, `new-1`, …, of which more come whenever a test says so."""

    def __init__(self, play: Play, batch_id: str, directory: Path) -> None:
        self._play, self._batch_id, self._came = play, batch_id, 0
        self._path = directory / "other.part"
        self._path.touch()
        self.file = ResultsFile(self._path, LineIndex())

    def report(self, more: int = 0, state: State = "downloading") -> DownloadReport:
        """What the thread that fetches tells once so many more rows are here."""
        numbers = range(self._came, self._came + more)
        lines = b"".join(encode(succeeded(f"new-{number}")) + b"\n" for number in numbers)
        with self._path.open("ab") as out:
            out.write(lines)
        self.file.index.feed(lines)
        self._came += more
        progress = DownloadProgress(state, rows=self._came, restarts=1, verified=state == "complete")
        return DownloadReport(self._batch_id, self.file, progress)

    async def come(self, more: int = 0, state: State = "downloading") -> None:
        """Let rows come, and wait until they were taken up."""
        self._play.stage.app.post_message(self.report(more, state))
        await settled(self._play.stage, self._play.pilot)


async def at_the_end(play: Play, directory: Path) -> OtherFile:
    """Follow the end of 200 rows that another file brought."""
    batch_id = await own_rows(play, *(succeeded(f"old-{number}") for number in range(200)))
    other = OtherFile(play, batch_id, directory)
    await other.come(200)
    await play.press("G")
    return other


async def test_rows_are_painted_from_their_own_file_until_the_screen_has_taken_the_other(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        batch_id = await own_rows(play, *(succeeded(f"old-{number}") for number in range(40)))
        other = OtherFile(play, batch_id, tmp_path)
        # The app has the other file; what it tells the screen waits behind whatever the screen does now.
        play.stage.app._take_report(other.report())
        play.table.mask_changed()
        assert "old-0" in play.table.render_line(1).text
        assert "old-9" in play.table.render_line(10).text
        await settled(play.stage, play.pilot)
        await other.come(5)
        assert "new-0" in play.table.render_line(1).text
        assert [play.table.source.key(row) for row in range(len(play.table.source))][-2:] == ["4", "tail"]


@pytest.mark.parametrize("keys", ["yj", "yi", "s", "Hk", "w", "#old-7\r", "e", "n", "J"])
async def test_no_key_in_that_moment_looks_for_old_rows_in_the_other_file(tmp_path: Path, keys: str) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        batch_id = await own_rows(play, *(succeeded(f"old-{number}") for number in range(40)))
        play.table.move_to(30)
        other = OtherFile(play, batch_id, tmp_path)
        play.stage.app._take_report(other.report())
        await play.pilot.press(*("enter" if key == "\r" else "number_sign" if key == "#" else key for key in keys))
        await settled(play.stage, play.pilot)
        failed = [worker for worker in play.stage.app.workers if worker.error is not None]
        assert not failed
        assert play.stage.app.is_running


async def test_a_screen_that_opens_while_the_download_starts_over_shows_the_new_rows(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        batch_id = await own_rows(play, *(succeeded(f"old-{number}") for number in range(40)))
        await play.press("escape")
        other = OtherFile(play, batch_id, tmp_path)
        # Between the making of the screen and its first look, and then nothing more for a while.
        play.stage.app._open_results(messages.ResultsRequested(batch_id))
        play.stage.app._take_report(other.report(3, "waiting"))
        await until(play.pilot, lambda: isinstance(play.screen, ResultsScreen), "the results")
        await settled(play.stage, play.pilot)
        assert "new-2" in play.table.render_line(3).text
        await play.press("j")
        assert play.table.cursor_row == 1


@pytest.mark.parametrize("before", ["", "enter", "z"])
async def test_the_keys_go_on_to_work_after_a_moment_without_rows(tmp_path: Path, before: str) -> None:
    """Also where a record had them."""
    async with playing(tmp_path, size=WIDE) as play:
        batch_id = await own_rows(play, *(succeeded(f"old-{number}") for number in range(40)))
        if before:
            await play.press(before)
        other = OtherFile(play, batch_id, tmp_path)
        await other.come()
        assert not play.screen.query_one("#body").display
        await other.come(20)
        assert play.screen.focused is play.table
        await play.press("j", "j")
        assert play.table.cursor_row == 2


@pytest.mark.parametrize("pressed", ["before", "meanwhile"])
async def test_who_asked_for_the_end_arrives_there_though_the_download_started_over(
    tmp_path: Path, pressed: str
) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        batch_id = await own_rows(play, *(succeeded(f"old-{number}") for number in range(40)))
        other = OtherFile(play, batch_id, tmp_path)
        if pressed == "before":
            await play.press("G")
        await other.come()
        if pressed == "meanwhile":
            await play.press("G")
        await other.come(30)
        await other.come(170, "complete")
        assert play.table.cursor_key == "199"
        assert "new-199" in play.table.render_line(play.table.rows_on_screen).text


async def test_a_view_that_is_taken_back_as_rows_became_fewer_goes_on_to_follow_the_end(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        other = await at_the_end(play, tmp_path)
        table = play.table
        # As it is when rows came since the layout was made.
        table.virtual_size = Size(table.size.width, 60)
        await play.pilot.resize_terminal(118, 28)
        await other.come(100, "complete")
        assert table.cursor_key == "299"


async def test_who_scrolls_away_from_the_end_stays_there(tmp_path: Path) -> None:
    async with playing(tmp_path, size=WIDE) as play:
        other = await at_the_end(play, tmp_path)
        play.table.scroll_relative(y=-5, animate=False, immediate=True)
        top = play.table.top_row
        await other.come(100)
        assert play.table.top_row == top
