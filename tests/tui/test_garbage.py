"""A closed screen is garbage in cycles: what is kept from the collector must not be kept for ever."""

from __future__ import annotations

import gc
import weakref
from typing import TYPE_CHECKING

import pytest
from textual._styles_cache import StylesCache
from textual.color import BLACK

from batch_tui.tui.garbage import Sweeper

if TYPE_CHECKING:
    from collections.abc import Iterator


class Knot:
    """Refers to itself, as a widget does to its parent and back."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def _only_swept() -> Iterator[None]:
    """Nothing is collected but by the sweeper."""
    before = gc.get_threshold()
    gc.collect()
    gc.set_threshold(1_000_000, 1_000, 1_000)
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


def grow_old(sweeper: Sweeper, count: int) -> list[Knot]:
    """Objects in use that have outlived a sweep."""
    knots = [Knot() for _ in range(count)]
    sweeper()
    return knots


def test_what_was_closed_after_it_grew_old_is_let_go() -> None:
    sweeper = Sweeper(piled_up=10, stayed=2_000)
    screens = grow_old(sweeper, 100)
    seen = [weakref.ref(one) for one in screens]
    screens.clear()
    in_use = [grow_old(sweeper, 500) for _ in range(6)]
    assert not any(one() for one in seen)
    assert len(in_use) == 6


def test_painted_lines_of_closed_screens_are_let_go_too() -> None:
    """Textual keeps those of the last thousand widgets, by way of a cache of colours."""
    sweeper = Sweeper(piled_up=10, stayed=100)
    lines = StylesCache()
    lines.get_inner_outer(BLACK, BLACK)
    seen = weakref.ref(lines)
    del lines
    in_use = grow_old(sweeper, 500)
    assert seen() is None
    assert len(in_use) == 500


def test_a_long_list_in_use_is_looked_through_once() -> None:
    sweeper = Sweeper(piled_up=10, stayed=1_000, many=1_000)
    batches = grow_old(sweeper, 5_000)
    assert len(gc.get_objects()) < 1_000
    assert len(batches) == 5_000


def test_what_is_young_is_let_go_at_the_next_sweep() -> None:
    sweeper = Sweeper(piled_up=10)
    dropped = [Knot() for _ in range(100)]
    seen = [weakref.ref(one) for one in dropped]
    del dropped
    sweeper()
    assert not any(one() for one in seen)
