"""Hundreds of batches deleted in a real terminal, through refusals, and a cancel that races a changing list."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.end_to_end import words
from tests.end_to_end.batch_list import amount, go_to, list_is_shown, row_says, rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.end_to_end.served import SimulatorProcess
    from tests.end_to_end.terminal import Terminal

MANY = 300


def test_hundreds_of_batches_are_deleted_whatever_the_server_says_in_between(
    simulate: Callable[..., SimulatorProcess], watch: Callable[..., Terminal]
) -> None:
    simulator = simulate("--batches", str(MANY + 20))
    before = {batch["id"] for batch in simulator.newest() if batch["processing_status"] == "ended"}
    dashboard = watch(simulator.url, columns=120, rows=36, patience=60)
    dashboard.wait_for(list_is_shown)
    dashboard.press("3")
    dashboard.press_until("G", words.END_OF_LIST)
    dashboard.press("*")
    dashboard.wait_for(r"[\d,]+ marked")
    many = amount(dashboard, r"([\d,]+) marked")
    assert many > MANY
    dashboard.press("D")
    dashboard.wait_for(r"Delete [\d,]+ marked batches: how\?")
    dashboard.press("d")
    dashboard.wait_for(rf"Delete {many:,} batches\?")
    # Retried by the client, and one that stays refused.
    simulator.arm(status=529, method="DELETE", count=3)
    simulator.arm(status=403, method="DELETE", message="This key may not delete.")
    dashboard.press(*str(many))
    dashboard.wait_for(rf"\b{many}\b")
    dashboard.press("enter")
    dashboard.wait_for(r"Deleting starts in \ds")
    dashboard.wait_for(rf"{many - 1:,} batches deleted · 1 refused")
    left = {batch["id"] for batch in simulator.newest()} & before
    assert len(left) == 1
    dashboard.press("escape")
    dashboard.wait_until_gone("1 refused")
    dashboard.wait_for("1 marked")
    dashboard.press("q")
    dashboard.expect_exit()


def test_a_cancel_means_the_batch_it_named_though_the_list_moves_under_it(
    simulate: Callable[..., SimulatorProcess], watch: Callable[..., Terminal]
) -> None:
    simulator = simulate("--speed", "60")
    dashboard = watch(simulator.url, columns=160, rows=48)
    dashboard.wait_for(list_is_shown)
    chosen = go_to(dashboard, lambda row: row.says(words.RUNNING) and row.says(r"\b100,000\b"))
    top = rows(dashboard)[0].shown_id
    dashboard.press("c")
    dashboard.wait_for(words.ASK_CANCEL)
    # New batches arrive each few seconds of a clock this fast, and push the row away from where it was.
    dashboard.wait_for(
        lambda terminal: amount(terminal, r"([\d,]+) loaded") > 100 and rows(terminal)[0].shown_id != top
    )
    asked = re.search(words.ASK_CANCEL, dashboard.text)
    assert asked is not None
    named = re.search(r"msgbatch_\w{20,}(?!…)", dashboard.text[asked.start() :])
    assert named is not None
    assert chosen.is_of(named[0])
    dashboard.press("y")
    dashboard.wait_for(row_says(named[0], rf"{words.CANCELING}|{words.ENDED}"))
    # That one, once, and nothing that stood in its place by then.
    assert simulator.asked("POST") == [f"/v1/messages/batches/{named[0]}/cancel"]
