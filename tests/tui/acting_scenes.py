"""The states of the list in which something is done: marks, bulk, undo, names, order, copies, requests."""

from __future__ import annotations

from collections import Counter
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from batch_tui.api.calls import CallRecord
from batch_tui.submission.journal import Submission
from batch_tui.submission.request_file import Problem, RequestFileCheck
from batch_tui.submission.sending import InDoubt
from batch_tui.tui.new_batch_messages import FileChecked
from batch_tui.tui.new_batch_work import FilePlan
from batch_tui.tui.resubmit_messages import ResubmitPlanned, ResubmitRequested
from batch_tui.tui.resubmit_work import Part, ResubmitPlan
from batch_tui.tui.screens.batch_list import BatchListScreen
from batch_tui.tui.screens.dialogs import ConfirmDialog
from batch_tui.tui.screens.resubmit_dialogs import doubt_dialog
from batch_tui.tui.widgets.virtual_table import VirtualTable
from tests.tui.scenes import NOON, SMALL, Scene, ended, go_to, loaded, running, settled, until, with_errors

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from tests.tui.scenes import Stage


async def _confirm_delete_running(stage: Stage, pilot: Pilot[str]) -> None:
    await go_to(stage, pilot, running)
    await pilot.press("D")
    await pilot.pause()


async def _mark_ended(stage: Stage, pilot: Pilot[str], many: int) -> None:
    await loaded(stage, pilot)
    chosen = [batch.id for batch in stage.app.shared.catalog if ended(batch)][:many]
    for batch_id in chosen:
        stage.app.screen.query_one(VirtualTable).move_to_key(batch_id)
        await pilot.press("space")
    await pilot.pause()


async def _list_marked(stage: Stage, pilot: Pilot[str]) -> None:
    await _mark_ended(stage, pilot, 4)


async def _bulk_ways(stage: Stage, pilot: Pilot[str]) -> None:
    await _mark_ended(stage, pilot, 4)
    await go_to(stage, pilot, running)
    await pilot.press("space", "D")
    await pilot.pause()


async def _bulk_dialog(stage: Stage, pilot: Pilot[str]) -> None:
    await _bulk_ways(stage, pilot)
    await pilot.press("d")
    await pilot.pause()


async def _bulk_report(stage: Stage, pilot: Pilot[str]) -> None:
    await _bulk_dialog(stage, pilot)
    stage.simulator.arm(status=403, method="DELETE", message="This key may not delete.")
    await pilot.press("4", "enter")
    await until(pilot, lambda: not stage.app._runner.jobs, "the end of the job")
    await settled(stage, pilot)


async def _undo(stage: Stage, pilot: Pilot[str]) -> None:
    await go_to(stage, pilot, with_errors)
    await pilot.press("D", "y")
    await until(pilot, lambda: isinstance(stage.app.screen, BatchListScreen), "the list")
    await until(pilot, lambda: len(stage.app.screen.query("Toast")) == 1, "what is going to be deleted")
    await settled(stage, pilot)


async def _list_named(stage: Stage, pilot: Pilot[str]) -> None:
    """Names and tags on some rows, and the list in an order."""
    await go_to(stage, pilot, ended)
    named = ("Nightly eval", "eval nightly"), ("Support triage, November", ""), ("", "prod")
    for name, tags in named:
        await pilot.press("t", *_typed(name), "down", *_typed(tags), "enter")
        await settled(stage, pilot)
        await pilot.press("j")
    await pilot.press("s", "r")
    await pilot.pause()
    await go_to(stage, pilot, ended)


def _typed(text: str) -> list[str]:
    return [{" ": "space", ",": "comma"}.get(letter, letter) for letter in text]


async def _name_dialog(stage: Stage, pilot: Pilot[str]) -> None:
    await _list_named(stage, pilot)
    await pilot.press("t")
    await pilot.pause()


async def _sort_menu(stage: Stage, pilot: Pilot[str]) -> None:
    await loaded(stage, pilot)
    await pilot.press("s")
    await pilot.pause()


async def _copy_menu(stage: Stage, pilot: Pilot[str]) -> None:
    await go_to(stage, pilot, ended)
    await pilot.press("y")
    await pilot.pause()


async def _new_batch(stage: Stage, pilot: Pilot[str]) -> None:
    """The question before a file is sent, of which some requests will come back errored."""
    await loaded(stage, pilot)
    models = Counter({"claude-opus-5-5": 1_150, "claude-haiku-5-5": 50})
    advice = "Lower it."
    said = "max_tokens is 200000; claude-haiku-5-5 takes at most 64000."
    problems = [Problem(line, "warning", said, advice, f"depot-{line}") for line in (17, 204)]
    found = RequestFileCheck(problems, requests=1_200, bytes=4_812_345, models=models, warnings=2)
    stage.app.post_message(FileChecked(FilePlan(Path("/home/ada/batches/depots-2026-11.jsonl"), (0, 0), found)))
    await until(pilot, lambda: isinstance(stage.app.screen, ConfirmDialog), "the question")
    await settled(stage, pilot)


async def _activity(stage: Stage, pilot: Pilot[str]) -> None:
    """Requests that went well, one without an answer, and one that was refused twice; none of them real."""
    await until(pilot, lambda: isinstance(stage.app.screen, BatchListScreen), "the list")
    for entry in (
        CallRecord("GET", "/v1/messages/batches", 200, 0.027, "req_01pnA", None, 0, None, (("limit", "100"),)),
        CallRecord("POST", "/v1/messages/batches/msgbatch_01x/cancel", 200, 0.31, "req_01abc", None, 0, None),
        CallRecord("GET", "/v1/messages/batches", None, 5.0, None, "", 0, None, failure="could not connect"),
        CallRecord("GET", "/v1/messages/batches", 529, 1.4, "req_01def", "", 1, None, failure="overloaded_error"),
    ):
        stage.app.shared.activity.note(entry)
    await pilot.press("exclamation_mark")
    await pilot.pause()


def _failed(amount: int, refused: bool, **kinds: int) -> Part:
    models = {"claude-opus-5-5": amount - amount // 4, "claude-haiku-5-5": amount // 4}
    return Part(frozenset(f"depot-{refused:d}-{number}" for number in range(amount)), kinds, models)


async def _resubmit(stage: Stage, pilot: Pilot[str], missing: int = 0) -> None:
    """The question with all that it can say, about a file in a place that does not change."""
    batch_id = await go_to(stage, pilot, with_errors)
    plan = ResubmitPlan(
        batch_id,
        "",
        Path("/home/ada/batches/depots-2026-11.jsonl"),
        (0, 0),
        _failed(35, False, errored=31, expired=4),
        _failed(12, True, errored=12),
        missing,
        ("depot-17", "depot-204", "depot-511")[:missing],
    )
    stage.app.post_message(ResubmitPlanned(ResubmitRequested(batch_id), plan))
    await until(pilot, lambda: isinstance(stage.app.screen, ConfirmDialog), "the question")
    await settled(stage, pilot)


async def _resubmit_doubt(stage: Stage, pilot: Pilot[str]) -> None:
    """An earlier answer was lost, and a batch of that size and time is there."""
    await loaded(stage, pilot)
    lost = Submission(id="x", written_at=NOON, input=None, origin="", count=35, digest="", outcome="uncertain")
    doubt = InDoubt((stage.app.shared.catalog.at(0),), lost, earlier=True)
    stage.app.push_screen(doubt_dialog(doubt, stage.app._monotonic))
    await settled(stage, pilot)


ACTING_SCENES: dict[str, Scene] = {
    "confirm-delete-running": Scene(_confirm_delete_running, size=SMALL),
    "list-marked": Scene(_list_marked, size=SMALL),
    "list-undo": Scene(_undo, size=(120, 30), app={"undo_seconds": 3600, "monotonic": count(1.0).__next__}),
    "bulk-ways": Scene(_bulk_ways, size=SMALL),
    "bulk-dialog": Scene(_bulk_dialog, size=(120, 36)),
    "bulk-dialog-80": Scene(_bulk_dialog, size=SMALL, theme="light"),
    "bulk-report": Scene(_bulk_report, size=SMALL),
    "resubmit": Scene(_resubmit),
    "resubmit-80": Scene(partial(_resubmit, missing=3), size=SMALL),
    "resubmit-doubt": Scene(_resubmit_doubt, size=SMALL, theme="light"),
    "new-batch": Scene(_new_batch, size=SMALL),
    "list-named": Scene(_list_named),
    "list-no-color": Scene(_list_named, size=SMALL, no_color=True),
    "name-dialog": Scene(_name_dialog, size=SMALL),
    "sort-menu": Scene(_sort_menu, size=SMALL),
    "copy-menu": Scene(_copy_menu, size=SMALL),
    "activity": Scene(_activity, size=(120, 20), held=True),
    "activity-80": Scene(_activity, size=SMALL, theme="light", held=True),
}
