"""The outcome of a batch as a bar: a glyph and a tone for each kind, so that colour is never alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_tui.tui.text import Plain, number, width

if TYPE_CHECKING:
    from batch_tui.api.models import MessageBatchRequestCounts

Part = tuple[Plain, str]

KINDS = (
    ("succeeded", "█", "success", "ok"),
    ("errored", "▓", "error", "errored"),
    ("expired", "▒", "warning", "expired"),
    ("canceled", "░", "muted", "canceled"),
    ("processing", "·", "muted", "waiting"),
)
"""Field of `request_counts`, glyph, tone and short word."""

_LONGEST = 20


def bar(counts: MessageBatchRequestCounts, cells: int) -> list[Part]:
    """A bar of exactly so many cells; every kind that occurs gets at least one, however rare."""
    amounts = [(getattr(counts, field), glyph, tone) for field, glyph, tone, _ in KINDS]
    present = [one for one in amounts if one[0] > 0]
    if not present or cells < len(present):
        return [(Plain("·" * cells), "muted")]
    total = sum(amount for amount, _, _ in present)
    spare = cells - len(present)
    shares = [1 + spare * amount // total for amount, _, _ in present]
    shares[shares.index(max(shares))] += cells - sum(shares)
    return [(Plain(glyph * share), tone) for share, (_, glyph, tone) in zip(shares, present, strict=True)]


def tally(counts: MessageBatchRequestCounts) -> list[Part]:
    """The counts in words: the plain number when all succeeded, else each kind that occurs."""
    present = [(getattr(counts, field), tone, word) for field, _, tone, word in KINDS]
    present = [one for one in present if one[0] > 0]
    if len(present) == 1 and present[0][2] == "ok":
        return [(number(present[0][0]), "muted")]
    parts: list[Part] = []
    for amount, tone, word in present:
        if parts:
            parts.append((Plain(" · "), "muted"))
        parts.append((Plain(f"{number(amount)} {word}"), "muted" if tone == "success" else tone))
    return parts


def outcome(counts: MessageBatchRequestCounts, cells: int) -> tuple[Part, ...]:
    """Bar and counts in so many cells; the counts go first when there is room for only one."""
    words = tally(counts)
    taken = sum(width(text) for text, _ in words)
    longest = min(_LONGEST, cells - taken - 1)
    if longest < 5:
        return tuple(words)
    return (*bar(counts, longest), (Plain(" "), "muted"), *words)
