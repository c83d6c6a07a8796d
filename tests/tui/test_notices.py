"""Being told: `m` watches a batch, its end is announced once, hooks run, and results about to be lost are warned of."""

from __future__ import annotations

import json
import os
import sys
import time
from typing import TYPE_CHECKING, Any

from batch_tui.monitor.batch_notes import BatchNotes
from batch_tui.monitor.conditions import IsExpiring
from batch_tui.monitor.hook_runner import HookRunner
from batch_tui.monitor.notices import WARN_BEFORE
from batch_tui.monitor.watch_file import WatchFile
from batch_tui.tui.announce import Alerts, Title, signal_of
from batch_tui.tui.app import BatchApp
from batch_tui.tui.notice_words import WATCH_SIGN
from batch_tui.tui.text import Plain, plain
from batch_tui.tui.widgets.filter_line import TabLine
from tests.tui.play import playing
from tests.tui.scenes import NOON, ended, go_to, open_results, running, until

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.tui.play import Play


def ends_told(play: Play) -> list[str]:
    """The toasts that say something ended."""
    return [line for line in play.said().split("\n") if " ended" in line]


def warnings(play: Play) -> list[str]:
    """The toasts that say that results will be lost."""
    return [line for line in play.said().split("\n") if "unsaved results" in line or "saved here" in line]


async def watch_one(play: Play) -> str:
    batch_id = await go_to(play.stage, play.pilot, running)
    await play.press("m")
    return batch_id


async def test_m_watches_a_batch_and_again_no_longer(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        batch_id = await watch_one(play)
        row = play.table.cursor_row
        assert play.row(row).split()[:2] == [WATCH_SIGN, batch_id]
        assert "You will be told when it ends." in play.said()
        await play.press("enter")
        assert f"{WATCH_SIGN} You will be told" in play.shown("#detail-text")
        await play.press("m", "escape")
        assert WATCH_SIGN not in play.row(row)
        assert "You will not be told" in play.said()


async def test_what_has_ended_is_not_watched_and_m_says_so(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await go_to(play.stage, play.pilot, ended)
        await play.press("m")
        assert "has ended already" in play.said()
        assert WATCH_SIGN not in play.row(play.table.cursor_row)


async def test_the_end_of_a_watched_batch_is_told_once_and_with_its_outcome(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        batch_id = await watch_one(play)
        play.stage.clock.advance(hours=25)
        await play.poll()
        await play.poll()
        (told,) = ends_told(play)
        assert batch_id in told
        assert f"{play.catalog.get(batch_id).request_counts.succeeded:,} succeeded" in told
        assert not play.stage.app.shared.monitor.watched


async def test_a_named_batch_is_spoken_of_by_its_name_then_its_id(tmp_path: Path) -> None:
    """In the toast, in what the hook is given, and in how an action came out."""
    hooks, noted = hooks_of(tmp_path, "on_end")
    async with playing(tmp_path, app={"alerts": Alerts(hooks=hooks), "undo_seconds": 3600}) as play:
        batch_id = await watch_one(play)
        await play.press("t", *"Nightly", "space", *"eval", "enter")
        await play.press("c", "y")
        assert f"Nightly eval ({batch_id}) is being canceled." in play.said()
        play.stage.clock.advance(hours=25)
        await play.poll()
        (told,) = ends_told(play)
        assert f"Nightly eval ({batch_id}) ended after" in told
        await until(play.pilot, lambda: bool(lines_of(noted)), "the hook")
        assert lines_of(noted)[0]["local"]["name"] == "Nightly eval"
        await play.press("D", "y")
        assert f"Deleting Nightly eval ({batch_id[:11]}…{batch_id[-10:]}) in" in play.said()
        await play.press("u")
        assert f"Nightly eval ({batch_id}) stays as it is." in play.said()


async def test_several_ends_at_once_are_one_notice_that_counts_them(tmp_path: Path) -> None:
    async with playing(tmp_path, app={"alerts": Alerts(watch_all=True)}) as play:
        before = play.catalog.unfinished
        assert ends_told(play) == []
        play.stage.clock.advance(minutes=90)
        await play.poll()
        # Batches that came and went meanwhile count too.
        over = [batch for batch in play.catalog if batch.ended_at is not None and batch.ended_at > NOON]
        assert len(over) >= len(before - play.catalog.unfinished) > 1
        (told,) = ends_told(play)
        assert f"{len(over)} batches ended" in told
        await play.press("m")
        assert "Every batch is watched" in play.said() or "has ended already" in play.said()


async def test_history_is_not_news(tmp_path: Path) -> None:
    async with playing(tmp_path, app={"alerts": Alerts(watch_all=True)}) as play:
        while not play.catalog.complete:
            await play.press("G")
        assert ends_told(play) == []


async def test_a_batch_canceled_here_is_told_of_when_it_has_ended(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        batch_id = await watch_one(play)
        await play.press("c", "y")
        assert ends_told(play) == []
        play.stage.clock.advance(minutes=30)
        await play.poll()
        (told,) = ends_told(play)
        assert batch_id in told
        assert "canceled" in told


async def test_what_is_watched_is_remembered_for_the_next_run(tmp_path: Path) -> None:
    memory = WatchFile(tmp_path / "state" / "watched.json", now=lambda: NOON)
    alerts: dict[str, Any] = {"alerts": Alerts(memory=memory)}
    async with playing(tmp_path, app=alerts) as play:
        batch_id = await watch_one(play)
        await until(play.pilot, lambda: batch_id in memory.read().watched, "the file")
    async with playing(tmp_path, app=alerts) as play:
        assert play.stage.app.shared.monitor.watched == {batch_id}
        play.stage.clock.advance(hours=25)
        await play.poll()
        assert batch_id in ends_told(play)[0]
        await until(play.pilot, lambda: not memory.read().watched, "an empty file")


class _UnevenFile(WatchFile):
    """A disk on which every second write takes longer."""

    writes = 0

    def change(self, **what: Any) -> None:
        self.writes += 1
        time.sleep(0.2 if self.writes % 2 else 0.0)
        super().change(**what)


async def test_what_was_pressed_last_is_what_is_remembered(tmp_path: Path) -> None:
    memory = _UnevenFile(tmp_path / "state" / "watched.json", now=lambda: NOON)
    async with playing(tmp_path, app={"alerts": Alerts(memory=memory)}) as play:
        await go_to(play.stage, play.pilot, running)
        await play.pilot.press("m", "m")
        assert not play.stage.app.shared.monitor.watched
        await until(play.pilot, lambda: memory.writes == 2 and memory.path.exists(), "both writes")
        await play.pilot.pause(0.4)
        assert not memory.read().watched


async def test_a_damaged_memory_is_a_sentence_and_nothing_more(tmp_path: Path) -> None:
    path = tmp_path / "watched.json"
    path.write_bytes(b"\x00[\x1b")
    alerts = Alerts(memory=WatchFile(path, now=lambda: NOON))
    async with playing(tmp_path, app={"alerts": alerts}) as play:
        assert "is damaged" in play.said()
        await watch_one(play)
        assert len(play.stage.app.shared.monitor.watched) == 1


HOOK = """
import json, sys
batch = json.load(sys.stdin)
with open(sys.argv[1], "a") as file:
    file.write(json.dumps(batch) + "\\n")
sys.exit("\\x1b]0;owned\\x07 [red]channel[/] is full" if batch["request_counts"]["errored"] else 0)
"""


def hooks_of(tmp_path: Path, event: Any) -> tuple[HookRunner, Path]:
    script, noted = tmp_path / "hook.py", tmp_path / "noted.jsonl"
    script.write_text(HOOK, encoding="utf-8")
    return HookRunner({event: [sys.executable, str(script), str(noted)]}, environ=os.environ), noted


def lines_of(path: Path) -> list[Any]:
    """What the hooks noted; the last line may still be on its way."""
    text = path.read_text() if path.exists() else ""
    return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]


async def test_hooks_run_for_each_batch_and_their_failures_are_shown(tmp_path: Path) -> None:
    hooks, noted = hooks_of(tmp_path, "on_end")
    async with playing(tmp_path, app={"alerts": Alerts(watch_all=True, hooks=hooks)}) as play:
        play.stage.clock.advance(hours=2)
        await play.poll()
        over = {batch.id for batch in play.catalog if batch.ended_at is not None and batch.ended_at > NOON}
        await until(play.pilot, lambda: {one["id"] for one in lines_of(noted)} == over, "a run for each")
        await until(play.pilot, lambda: "The on_end hook" in play.said(), "the failure")
        assert len(lines_of(noted)) == len(over)
        failure = next(line for line in play.said().split("\n") if "The on_end hook" in line)
        assert "ended with code 1: ␛]0;owned␇ [red]channel[/] is full" in failure
        assert "\x1b" not in failure


async def test_results_about_to_be_lost_are_warned_of_once_and_the_hook_gets_them(tmp_path: Path) -> None:
    hooks, noted = hooks_of(tmp_path, "on_expiring")
    alerts = Alerts(hooks=hooks, warn_before=WARN_BEFORE)
    async with playing(tmp_path, app={"alerts": alerts}) as play:
        assert "results" not in play.said()
        while not play.catalog.complete:
            await play.press("G")
        leaving = {batch.id for batch in IsExpiring(WARN_BEFORE[0]).keep(play.catalog, NOON, {})}
        first = min(leaving, key=lambda each: play.catalog.get(each).created_at)
        play.stage.app.shared.monitor.notes[first] = BatchNotes("Backlog")
        # However many pages came, there is one sentence, at the minute's look.
        assert not warnings(play)
        play.stage.app._look_for_expiring()
        await play.pilot.pause()
        (told,) = warnings(play)
        assert f"Backlog ({first})" in told
        assert ": 5 lists them." in told
        await until(play.pilot, lambda: {one["id"] for one in lines_of(noted)} == leaving, "a run for each")
        assert len(lines_of(noted)) == len(leaving)
        await play.poll()
        assert warnings(play) == [told]


async def test_batches_that_are_not_loaded_are_looked_at_too_without_loading_them(tmp_path: Path) -> None:
    # The first look comes before anything is loaded.
    alerts = Alerts(warn_before=WARN_BEFORE, look_below_after=0.01)
    async with playing(tmp_path, app={"alerts": alerts}) as play:
        await until(play.pilot, lambda: bool(warnings(play)), "a warning")
        assert len(play.catalog) == 100
        (told,) = warnings(play)
        assert ": 5, then L, lists them." in told
        while not play.catalog.complete:
            await play.press("G")
        leaving = IsExpiring(WARN_BEFORE[0]).keep(play.catalog, NOON, {})
        assert f"{len(leaving)} batch" in told
        assert min(leaving, key=lambda batch: batch.created_at).id in told
        assert warnings(play) == [told]


def tabs(play: Play) -> str:
    return str(play.screen.query_one(TabLine).render())


async def test_what_will_be_lost_is_marked_until_looked_at_and_counted_if_not_loaded(tmp_path: Path) -> None:
    alerts = Alerts(warn_before=WARN_BEFORE, look_below_after=0.01)
    async with playing(tmp_path, app={"alerts": alerts}) as play:
        await until(play.pilot, lambda: bool(warnings(play)), "a warning")
        count = len(play.stage.app.shared.monitor.leaving_below)
        assert count
        assert f" 5 ! expiring {count}+ " in tabs(play)
        await play.press("5")
        await play.press("1")
        assert f" 5 expiring {count}+ " in tabs(play)
        while not play.catalog.complete:
            await play.press("G")
        assert f" 5 expiring {count} " in tabs(play)


async def test_a_batch_that_will_lose_its_results_rings_wherever_it_was_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    monkeypatch.setattr(BatchApp, "_tell_terminal", lambda self, data: written.append(data))
    alerts = Alerts(notify="bell", warn_before=WARN_BEFORE, look_below_after=0.01)
    async with playing(tmp_path, app={"alerts": alerts}) as play:
        await until(play.pilot, lambda: bool(warnings(play)), "a warning")
        assert "\x07" in written


async def test_no_alarm_comes_from_a_clock_that_an_answer_contradicts(tmp_path: Path) -> None:
    hooks, noted = hooks_of(tmp_path, "on_expiring")
    sure = False
    alerts = Alerts(hooks=hooks, warn_before=WARN_BEFORE, look_below_after=0.01, clock_is_sure=lambda: sure)
    async with playing(tmp_path, app={"alerts": alerts}) as play:
        while not play.catalog.complete:
            await play.press("G")
        play.stage.app._look_for_expiring()
        await play.poll()
        assert not warnings(play)
        assert not lines_of(noted)
        sure = True
        play.stage.app._look_for_expiring()
        await until(play.pilot, lambda: bool(lines_of(noted)), "the hook")


async def test_a_watched_batch_that_ended_while_nobody_was_there_is_told_once(tmp_path: Path) -> None:
    """On the first page, and far below it; one that was deleted is said to be gone."""
    memory = WatchFile(tmp_path / "state" / "watched.json", now=lambda: NOON)
    hooks, noted = hooks_of(tmp_path, "on_end")
    alerts: dict[str, Any] = {"alerts": Alerts(memory=memory, hooks=hooks)}
    async with playing(tmp_path, app=alerts) as play:
        first = next(batch.id for batch in play.catalog if batch.processing_status == "ended")
        while not play.catalog.complete:
            await play.press("G")
        below = play.catalog.at(len(play.catalog) - 1).id
    memory.change(watch=[first, below, "msgbatch_gone"])
    async with playing(tmp_path, app=alerts) as play:
        await until(play.pilot, lambda: {one["id"] for one in lines_of(noted)} == {first, below}, "both hooks")
        told = ends_told(play)
        assert [any(each in line for line in told) for each in (first, below)] == [True, True]
        await until(play.pilot, lambda: "msgbatch_gone was watched, and is gone." in play.said(), "the third")
        await until(play.pilot, lambda: not memory.read().watched, "an empty file")
    async with playing(tmp_path, app=alerts) as play:
        assert ends_told(play) == []


async def test_saved_results_are_not_about_to_be_lost(tmp_path: Path) -> None:
    async with playing(tmp_path, app={"alerts": Alerts(warn_before=WARN_BEFORE)}, live=False) as play:
        await open_results(play.stage, play.pilot)
        await play.press("escape")
        saved = play.stage.app.shared.monitor.saved
        (batch_id,) = saved
        play.stage.clock.advance(days=26 - (NOON - play.catalog.get(batch_id).created_at).days)
        leaving = IsExpiring(WARN_BEFORE[0]).keep(play.catalog, play.stage.clock(), {})
        assert batch_id in {batch.id for batch in leaving}
        # A clock that no answer vouches for may be wrong.
        play.stage.app._look_for_expiring()
        await play.pilot.pause()
        assert not warnings(play)
        # The next page holds nothing new, so only the minute's look can find them.
        await play.poll()
        play.stage.app._look_for_expiring()
        await play.pilot.pause()
        (told,) = warnings(play)
        assert f"{len(leaving) - 1} batch" in told
        assert batch_id not in told


def test_each_terminal_is_told_in_its_own_way_and_text_cannot_break_out() -> None:
    said = plain("a\x1b]0;owned\x07; b")
    assert signal_of("off", said, {}) == ""
    assert signal_of("bell", said, {}) == "\x07"
    assert signal_of("desktop", said, {"TERM": "xterm-256color"}) == "\x1b]9;batch-tui: a␛]0;owned␇; b\x07"
    urxvt = "\x1b]777;notify;batch-tui;a␛]0,owned␇, b\x07"
    assert signal_of("both", said, {"TERM": "rxvt-unicode"}) == "\x07" + urxvt
    assert signal_of("desktop", said, {"TERM": "xterm", "VTE_VERSION": "7600"}) == urxvt
    tmux = signal_of("desktop", Plain("a"), {"TERM": "tmux-256color", "TMUX": "/run/tmux-0/default,1,0"})
    assert tmux == "\x1bPtmux;\x1b\x1b]9;batch-tui: a\x07\x1b\\"
    assert signal_of("both", said, {"TERM": "linux"}) == "\x07"


def test_the_title_is_written_when_it_changes_and_given_back() -> None:
    title = Title({"TERM": "xterm"})
    assert title.show(0) == "\x1b[22;2t\x1b]2;batch-tui\x07"
    assert (title.show(0), title.show(1_200)) == ("", "\x1b]2;1,200 running · batch-tui\x07")
    assert (title.restore(), title.restore()) == ("\x1b[23;2t", "")
    assert Title({"TERM": "linux"}).show(3) == ""
