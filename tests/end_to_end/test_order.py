"""The order of the list outlives the program; the demo's does not, and touches nothing of the user's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.end_to_end.batch_list import list_is_shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.end_to_end.homes import Home
    from tests.end_to_end.served import SimulatorProcess
    from tests.end_to_end.terminal import Terminal

MOST_REQUESTS_FIRST = "REQUESTS▾"
NEWEST_FIRST = r"REQUESTS +OUTCOME"
"""The same heading without an arrow."""


def test_the_order_is_there_again_at_the_next_start_until_newest_first_is_chosen(
    home: Home, watch: Callable[..., Terminal], simulate: Callable[..., SimulatorProcess]
) -> None:
    simulator = simulate("--batches", "20")
    for keys, order in (
        ("sr", MOST_REQUESTS_FIRST),
        ("", MOST_REQUESTS_FIRST),
        ("sc", NEWEST_FIRST),
        ("", NEWEST_FIRST),
    ):
        dashboard = watch(simulator.url, columns=80, rows=24)
        dashboard.wait_for(list_is_shown)
        dashboard.press(*keys)
        dashboard.wait_for(order)
        dashboard.press("q")
        dashboard.expect_exit(0)
    (kept,) = home.path.rglob("orders.json")
    assert kept.is_relative_to(home.path / "state")


def test_the_demo_keeps_no_order(home: Home, start: Callable[..., Terminal]) -> None:
    for keys in ("sr", ""):
        demo = start("demo")
        demo.wait_for(list_is_shown)
        assert MOST_REQUESTS_FIRST not in demo.text
        if keys:
            demo.press(*keys)
            demo.wait_for(MOST_REQUESTS_FIRST)
        demo.press("q")
        demo.expect_exit(0)
    assert not list(home.path.rglob("orders.json"))
