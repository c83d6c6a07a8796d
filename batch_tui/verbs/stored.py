"""What is stored on this machine: list it, make room, pin, say where it is."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click

from batch_tui.results.cache_limit import in_use
from batch_tui.results.store import ResultsStore
from batch_tui.tui.text import ago, plain, plural, size

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from batch_tui.results.store import StoredResults

Stored = tuple["StoredResults", ResultsStore]

_UNITS = {"kb": 1_000, "mb": 1_000_000, "gb": 1_000_000_000, "b": 1, "": 1}
_SPANS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


def everything(directory: Path) -> list[Stored]:
    """Every results file of every origin, unfinished ones too, last used first. Raises ResultsStoreError."""
    stores = ResultsStore.all_in(directory)
    found = [(one, store) for store in stores for one in (*store.all_stored(), *store.all_unfinished())]
    return sorted(found, key=lambda pair: -pair[0].used_at)


def list_stored(directory: Path, *, as_json: bool, now: datetime) -> None:
    """Print a line for each results file."""
    stored = everything(directory)
    if as_json:
        for one, store in stored:
            facts = {
                "batch_id": one.batch_id,
                "origin": store.directory.name,
                "path": str(one.path),
                "size": one.size,
                "rows": one.rows,
                "unfinished": one.unfinished,
                "verified": one.verified,
                "pinned": one.pinned,
                "used_at": datetime.fromtimestamp(one.used_at, UTC).isoformat(),
                "problem": one.problem,
            }
            click.echo(json.dumps(facts))
        return
    for one, _ in stored:
        used = ago(datetime.fromtimestamp(one.used_at, UTC), now)
        rows = "? rows" if one.rows is None else plural(one.rows, "row")
        state = "changed" if one.problem else "complete" if one.verified else "not verified"
        state = "unfinished" if one.unfinished else state
        pinned = " pinned" if one.pinned else ""
        # The widest usual line takes 80 cells.
        click.echo(f"{plain(one.batch_id):<33} {rows:>12} {size(one.size):>8} {used:>8} {state}{pinned}")
    click.echo(f"{plural(len(stored), 'file')}, {size(sum(one.size for one, _ in stored))}, in {directory}", err=True)


def chosen_for_pruning(
    directory: Path,
    *,
    batch_ids: Sequence[str],
    older_than: str | None,
    to: str | None,
    now: datetime,
) -> list[Stored]:
    """What would be dropped: these batches, what was not used for so long, and what exceeds a size.

    Pinned files and files in use only go when they are named. Raises click.UsageError for what makes no sense.
    """
    stored = everything(directory)
    named = [pair for pair in stored if pair[0].batch_id in batch_ids]
    unknown = set(batch_ids) - {one.batch_id for one, _ in named}
    if unknown:
        raise click.UsageError(f"Nothing is stored of {plain(', '.join(sorted(unknown)))}.")
    free = [pair for pair in stored if pair not in named and not pair[0].pinned and not in_use(pair[0].path)]
    dropped = list(named)
    if older_than is not None:
        limit = (now - _span(older_than)).timestamp()
        dropped += [pair for pair in free if pair[0].used_at < limit]
    if to is not None:
        room = _bytes(to)
        left = sum(one.size for one, _ in stored) - sum(one.size for one, _ in dropped)
        for pair in reversed(free):
            if left <= room:
                break
            if pair not in dropped:
                dropped.append(pair)
                left -= pair[0].size
    return dropped


def delete_chosen(chosen: Sequence[Stored], batch_ids: Sequence[str]) -> list[Stored]:
    """Delete what was chosen, but for what somebody pinned or opened since; those `batch_ids` go whatever they are.

    Gives what is gone. Raises ResultsStoreError.
    """
    gone = []
    for one, store in chosen:
        if one.batch_id not in batch_ids:
            now = None if one.unfinished else store.stored(one.batch_id)
            if (now is not None and now.pinned) or in_use(one.path):
                continue
        if one.unfinished:
            store.delete_unfinished(one.batch_id)
        else:
            store.delete(one.batch_id)
        gone.append((one, store))
    return gone


def find(directory: Path, batch_id: str) -> Stored:
    """What is stored of a batch. Raises click.ClickException."""
    for one, store in everything(directory):
        if one.batch_id == batch_id and not one.unfinished:
            return one, store
    raise click.ClickException(f"Nothing is stored of {plain(batch_id)}. batch-tui cache lists what is.")


def _span(text: str) -> timedelta:
    found = re.fullmatch(r"(\d{1,5})([hdw])", text.strip().lower())
    if found is None:
        raise click.UsageError(f"--older-than takes hours, days or weeks, as 12h, 30d or 2w, not {text!r}.")
    return int(found[1]) * _SPANS[found[2]]


def _bytes(text: str) -> int:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmg]?b?)", text.strip().lower())
    if found is None:
        raise click.UsageError(f"--to takes a size, as 5GB or 500MB, not {text!r}.")
    unit = found[2] if found[2].endswith("b") or not found[2] else found[2] + "b"
    return int(float(found[1]) * _UNITS[unit])
