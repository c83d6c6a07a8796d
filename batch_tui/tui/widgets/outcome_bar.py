"""The outcome of a batch as a bar: a glyph and a tone for each kind, so that colour is never alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_tui.tui.text import Plain, number, width

if TYPE_CHECKING:
    from batch_tui.api.models import MessageBatchRequestCounts

Part = tuple[Plain, str]

KINDS = (
    ("succeeded", "━", "success"),
    ("errored", "╳", "error"),
    ("expired", "┅", "warning"),
    ("canceled", "┄", "muted"),
    ("processing", "·", "muted"),
)
"""Field of `request_counts`, glyph and tone."""

BAR = 8
"""Cells of the bar in a list: the same for every row, so that what follows it stands in line."""
_LESS = 5
"""The same where there is little room."""

_TWO_KINDS = len("999 errored · 9,999 canceled")
"""Cells of the longest usual words for two kinds."""


def bar_cells(cells: int) -> int:
    """How long the bars of a column of so many cells are."""
    return BAR if cells > BAR + len("9,999 err · 9,999 can") else _LESS


def bar(counts: MessageBatchRequestCounts, cells: int) -> list[Part]:
    """A bar of exactly so many cells; every kind that occurs gets at least one, however rare."""
    amounts = [(getattr(counts, field), glyph, tone) for field, glyph, tone in KINDS]
    present = [one for one in amounts if one[0] > 0]
    if not present or cells < len(present):
        return [(Plain("·" * cells), "muted")]
    total = sum(amount for amount, _, _ in present)
    spare = cells - len(present)
    shares = [1 + spare * amount // total for amount, _, _ in present]
    shares[shares.index(max(shares))] += cells - sum(shares)
    return [(Plain(glyph * share), tone) for share, (_, glyph, tone) in zip(shares, present, strict=True)]


def failures(counts: MessageBatchRequestCounts, cells: int) -> list[Part]:
    """Every kind but success in words, shortened when there is little room; nothing failing says so."""
    present = [(getattr(counts, field), field, tone) for field, _, tone in KINDS if field != "succeeded"]
    present = [one for one in present if one[0] > 0]
    if not present:
        return [(Plain("all ok" if counts.succeeded else ""), "muted")]
    # Rows below each other are worded alike: what would fit for some only is short for all.
    shortest = 1 if len(present) > 1 and cells < _TWO_KINDS else 0
    for letters, between in ((None, " · "), (3, " · "), (3, " "))[shortest:]:
        parts: list[Part] = []
        for amount, field, tone in present:
            parts.append((Plain(f"{between if parts else ''}{number(amount)} {field[:letters]}"), tone))
        if sum(width(text) for text, _ in parts) <= cells:
            break
    return parts


def outcome(counts: MessageBatchRequestCounts, cells: int) -> tuple[Part, ...]:
    """Bar and failures in so many cells."""
    drawn = bar_cells(cells)
    return (*bar(counts, drawn), (Plain(" "), "muted"), *failures(counts, cells - drawn - 1))
