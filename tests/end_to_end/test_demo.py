"""`batch-tui demo` in a real pseudo-terminal: list, older pages, cancel, delete, results, help, and a clean end."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end import words
from tests.end_to_end.batch_list import amount, go_to, is_gone, list_is_shown, row_says, rows
from tests.end_to_end.processes import still_alive
from tests.end_to_end.terminal import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.end_to_end.batch_list import Row
    from tests.end_to_end.homes import Home
    from tests.end_to_end.terminal import Terminal

LONG_BATCH = r"\b100,000\b"
"""The demo's batch of 100,000 requests has three hours to go, so it never ends by itself in a test."""


@pytest.fixture
def demo(start: Callable[..., Terminal]) -> Terminal:
    """The demo with its list on screen."""
    terminal = start("demo", columns=160, rows=48)
    terminal.wait_for(words.LIVE)
    terminal.wait_for(list_is_shown)
    return terminal


def _runs_long(row: Row) -> bool:
    return row.says(words.RUNNING) and row.says(LONG_BATCH)


def _has_plain_answers(row: Row) -> bool:
    return row.says(words.ENDED) and row.says(words.ALL_OK)


def _dialog_id(terminal: Terminal, question: str) -> str:
    """The id that the dialog on screen names, in full."""
    terminal.wait_for(question)
    asked = re.search(question, terminal.text)
    assert asked is not None
    named = re.search(r"msgbatch_\w+(?!…)\b", terminal.text[asked.start() :])
    assert named is not None, terminal.text
    return named[0]


def _scroll_to_the_end_and_back(demo: Terminal) -> None:
    newest = rows(demo)[0].shown_id
    assert any(row.says(words.RUNNING) for row in rows(demo))
    assert any(row.says(words.ENDED) for row in rows(demo))
    demo.press_until("G", words.END_OF_LIST)
    assert amount(demo, words.LOADED) > 240
    assert rows(demo)[0].shown_id != newest
    demo.press("g")
    demo.wait_for(lambda terminal: any(row.shown_id == newest for row in rows(terminal)))


def _cancel_and_see_it_end(demo: Terminal) -> None:
    chosen = go_to(demo, _runs_long)
    demo.press("c")
    batch_id = _dialog_id(demo, words.ASK_CANCEL)
    assert chosen.is_of(batch_id)
    demo.stays_for(0.4, words.ASK_CANCEL)
    demo.press("enter")
    demo.wait_until_gone(words.ASK_CANCEL)
    demo.wait_for(row_says(batch_id, words.RUNNING))

    demo.press("c")
    assert _dialog_id(demo, words.ASK_CANCEL) == batch_id
    demo.stays_for(0.4, words.ASK_CANCEL)
    demo.press("y")
    demo.wait_until_gone(words.ASK_CANCEL)
    demo.wait_for(row_says(batch_id, words.CANCELING))
    demo.wait_for(row_says(batch_id, words.ENDED))


def _delete_and_see_it_gone(demo: Terminal) -> None:
    chosen = go_to(demo, _has_plain_answers)
    demo.press("D")
    batch_id = _dialog_id(demo, words.ASK_DELETE)
    assert chosen.is_of(batch_id)
    demo.stays_for(0.4, words.ASK_DELETE)
    demo.press("y")
    demo.wait_until_gone(words.ASK_DELETE)
    demo.wait_for(is_gone(batch_id))
    demo.press("r")
    demo.stays_for(0.5, is_gone(batch_id))


def _read_a_record(demo: Terminal) -> None:
    go_to(demo, _has_plain_answers)
    demo.press("v")
    demo.wait_for(words.RESULTS_TABLE)
    demo.wait_for(words.SAVED)
    demo.press("enter")
    demo.wait_for(words.RECORD_TABS)
    demo.wait_for(words.RECORD_TITLE)
    title = re.search(words.RECORD_TITLE, demo.text)
    assert title is not None
    custom_id = title[2]
    demo.press_until("tab", words.RAW_CUSTOM_ID.format(re.escape(custom_id)))
    demo.press_until("tab", words.INPUT_TOKENS)
    demo.press("J")
    demo.wait_until_gone(re.escape(custom_id) + r"\s+succeeded")


def _walk_back_and_quit(demo: Terminal) -> None:
    assert demo.children, "the demo should have started a simulator"
    demo.press("?")
    demo.wait_for(words.HELP_KEYS)
    demo.press("q")
    demo.wait_until_gone(words.HELP_KEYS)

    go_to(demo, _has_plain_answers)
    demo.press("enter")
    demo.wait_for(words.DETAIL)
    demo.press("v")
    demo.wait_for(words.RESULTS_TABLE)
    demo.press("q")
    demo.wait_until_gone(words.RESULTS_TABLE)
    demo.wait_for(words.DETAIL)
    demo.press("q")
    demo.wait_for(list_is_shown)
    demo.press("escape")
    demo.stays_for(0.3, list_is_shown)
    demo.press("q")
    demo.expect_exit(0)


def test_batches_are_painted_and_scrolling_to_the_end_loads_older_pages(demo: Terminal) -> None:
    """Pages of 100 follow until the end marker; then all 240 past batches and the running ones are there."""
    _scroll_to_the_end_and_back(demo)


def test_a_running_batch_is_cancelled_after_asking_and_seen_to_end(start: Callable[..., Terminal]) -> None:
    """The dialog names the batch; Enter is the safe answer; y cancels it; it turns canceling, then ended."""
    # Four times as fast, because canceling takes 6 to 10 seconds.
    _cancel_and_see_it_end(start("demo", "--speed", "4"))


def test_an_ended_batch_is_deleted_after_asking_and_gone(demo: Terminal) -> None:
    """Its row leaves, and stays away when the list is asked for again."""
    _delete_and_see_it_gone(demo)


def test_results_open_and_a_record_can_be_read(demo: Terminal) -> None:
    """Rows first, then the record: its text, and on the other tabs its raw JSON and its usage."""
    _read_a_record(demo)


def test_help_names_the_keys_and_q_walks_back_and_quits(demo: Terminal) -> None:
    """Help, results and detail close one by one; on the list q ends the program and its simulator."""
    _walk_back_and_quit(demo)


def test_all_of_it_in_one_small_terminal(start: Callable[..., Terminal]) -> None:
    """80 by 24 is enough for the whole walk."""
    demo = start("demo", "--speed", "4", columns=80, rows=24)
    demo.wait_for(words.LIVE)
    demo.wait_for(list_is_shown)
    _scroll_to_the_end_and_back(demo)
    _cancel_and_see_it_end(demo)
    _delete_and_see_it_gone(demo)
    _read_a_record(demo)
    demo.press("escape")
    demo.wait_for(words.RESULTS_TABLE)
    demo.press("escape")
    demo.wait_for(list_is_shown)
    _walk_back_and_quit(demo)


def test_older_pages_are_not_announced_as_new_batches(start: Callable[..., Terminal]) -> None:
    """Only batches that arrive above are new; at this speed none does."""
    demo = start("demo", "--speed", "0.1")
    demo.wait_for(list_is_shown)
    demo.press_until("G", words.END_OF_LIST)
    assert amount(demo, words.NEW_ABOVE) == 0, demo.text


def test_a_new_batch_arrives_above_without_moving_the_view(start: Callable[..., Terminal]) -> None:
    """Whoever has scrolled down is told of it, and keeps reading the same rows."""
    demo = start("demo", "--speed", "40", columns=80, rows=24)
    demo.wait_for(list_is_shown)
    # One key, whose frame is waited for: a second one might still be on its way.
    demo.press("pagedown")
    demo.wait_for(lambda terminal: not any(row.says(words.RUNNING) for row in rows(terminal)))
    demo.stays_for(0.3, words.ENDED)
    before = [row.shown_id for row in rows(demo)]
    demo.wait_for(words.NEW_ABOVE)
    assert [row.shown_id for row in rows(demo)] == before


def test_what_is_typed_before_the_question_can_be_read_does_not_answer_it(demo: Terminal) -> None:
    """`c` and `y` in one go cancel nothing."""
    chosen = go_to(demo, _runs_long)
    demo.press("c", "y")
    assert chosen.is_of(_dialog_id(demo, words.ASK_CANCEL))
    demo.stays_for(0.4, words.ASK_CANCEL)
    demo.press("n")
    demo.wait_until_gone(words.ASK_CANCEL)
    go_to(demo, _runs_long)


def test_an_ended_batch_cannot_be_cancelled(demo: Terminal) -> None:
    """The key says why, and asks nothing."""
    go_to(demo, _has_plain_answers)
    demo.press("c")
    demo.wait_for(words.NOTHING_TO_CANCEL)
    assert not re.search(f"{words.ASK_CANCEL}|{words.ASK_DELETE}", demo.text)


@pytest.mark.parametrize("covered_by", ["?", "c"], ids=["help", "dialog"])
def test_ctrl_q_quits_at_once_whatever_is_open(start: Callable[..., Terminal], covered_by: str) -> None:
    """The key that its description calls "Quit at once" works over help and over a question too."""
    demo = start("demo", columns=80, rows=24)
    go_to(demo, _runs_long)
    demo.press(covered_by)
    demo.wait_for(f"{words.HELP_KEYS}|{words.ASK_CANCEL}")
    demo.press("ctrl+q")
    demo.expect_exit(0, within=5)


def test_the_simulator_does_not_outlive_a_killed_dashboard(start: Callable[..., Terminal]) -> None:
    """Even a dashboard that cannot tidy up leaves no process behind."""
    demo = start("demo")
    demo.wait_for(list_is_shown)
    simulator = demo.children
    assert simulator
    os.kill(demo.pid, signal.SIGKILL)
    assert not still_alive({demo.pid, *simulator}, patience=PATIENCE)
    demo.forget()


def test_what_a_killed_demo_left_behind_is_removed_by_the_next_but_not_what_a_running_one_has(
    start: Callable[..., Terminal], home: Home
) -> None:
    killed, running = start("demo"), start("demo")
    killed.wait_for(list_is_shown)
    running.wait_for(list_is_shown)
    simulator = killed.children
    os.kill(killed.pid, signal.SIGKILL)
    assert not still_alive({killed.pid, *simulator}, patience=PATIENCE)
    killed.forget()
    assert len(home.temporary_files()) == 2
    third = start("demo")
    third.wait_for(list_is_shown)
    assert len(home.temporary_files()) == 2
    os.kill(running.pid, signal.SIGTERM)
    # Read meanwhile: what it painted all the time may fill the terminal, and its last words wait for room.
    running.wait_for(lambda _: not still_alive({running.pid}, patience=0.5))
    running.forget()
    assert len(home.temporary_files()) == 1
    third.press("q")
    third.expect_exit()


@pytest.mark.parametrize("name", ["recordings", "captures"])
def test_a_directory_of_the_user_that_is_only_called_like_that_of_a_demo_stays(tmp_path: Path, name: str) -> None:
    mine, left = tmp_path / f"batch-tui-demo-{name}", tmp_path / "batch-tui-demo-x1_y2z3w"
    mine.mkdir(mode=0o755)
    left.mkdir(mode=0o700)
    (mine / "film.cast").touch()
    script = "from batch_tui.demo_directory import demo_directory\nwith demo_directory(): pass"
    subprocess.run([sys.executable, "-c", script], env={**os.environ, "TMPDIR": str(tmp_path)}, check=True, timeout=60)
    assert list(tmp_path.iterdir()) == [mine]
    assert (mine / "film.cast").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_demo_that_is_ended_while_it_starts_leaves_nothing(
    start: Callable[..., Terminal], home: Home, number: signal.Signals
) -> None:
    terminal = start("demo")
    terminal.wait_for(lambda _: bool(home.temporary_files()))
    os.kill(terminal.pid, number)
    terminal.expect_exit(128 + number)


def test_a_closed_window_leaves_no_process_and_no_file(demo: Terminal) -> None:
    """Neither of the dashboard nor of the simulator behind it."""
    demo.hang_up()


def test_a_terminal_that_nobody_reads_does_not_hold_up_the_end(demo: Terminal) -> None:
    """As after ctrl+S in a terminal that has a key for it."""
    demo.terminate_unread("T")


def test_a_terminal_that_goes_without_a_signal_ends_the_program_too(start: Callable[..., Terminal]) -> None:
    """As under `docker exec` when its client is gone: reading its keys would only turn in a circle."""
    demo = start("demo", controls=False)
    demo.wait_for(list_is_shown)
    demo.hang_up()


def test_a_broken_config_file_does_not_keep_the_demo_from_starting(start: Callable[..., Terminal], home: Home) -> None:
    home.config_file("broken = [")
    terminal = start("demo", columns=120, rows=40)
    terminal.wait_for(list_is_shown)
