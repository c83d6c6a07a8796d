"""The order of the list is kept by profile, privately, and never in place of something else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from batch_tui.monitor.batch_notes import BatchNotes
from batch_tui.monitor.batch_order import COLUMNS, NEWEST_FIRST, BatchOrder
from batch_tui.monitor.notes_file import NotesFile
from batch_tui.monitor.order_file import OrderFile, OrderFileError

if TYPE_CHECKING:
    from pathlib import Path

FAILURES = BatchOrder("outcome", reverse=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "orders.json"


def test_it_is_newest_first_before_another_was_chosen(path: Path) -> None:
    assert OrderFile(path, "default").read() == NEWEST_FIRST


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("reverse", [False, True])
def test_what_is_kept_is_read_again(path: Path, column: str, reverse: bool) -> None:
    order = BatchOrder(next(one for one in COLUMNS if one == column), reverse)
    OrderFile(path, "default").keep(order)
    assert OrderFile(path, "default").read() == order


def test_each_profile_has_its_own(path: Path) -> None:
    production, staging = OrderFile(path, "production"), OrderFile(path, "staging")
    production.keep(FAILURES)
    staging.keep(BatchOrder("took"))
    assert (production.read(), staging.read()) == (FAILURES, BatchOrder("took"))
    production.keep(NEWEST_FIRST)
    assert (production.read(), staging.read()) == (NEWEST_FIRST, BatchOrder("took"))


def test_nobody_else_can_read_it(path: Path) -> None:
    OrderFile(path, "default").keep(FAILURES)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", '{"version": 1}', '{"theirs": 1}', '{"version": 1, "profiles": {"default": "took"}}', "\xff"],
)
def test_a_damaged_file_is_named_and_left_alone(path: Path, content: str) -> None:
    path.parent.mkdir()
    path.write_text(content, encoding="latin-1")
    with pytest.raises(OrderFileError, match=r"orders\.json is damaged"):
        OrderFile(path, "default").read()
    with pytest.raises(OrderFileError, match=r"orders\.json is damaged"):
        OrderFile(path, "default").keep(FAILURES)
    assert path.read_text(encoding="latin-1") == content


def test_names_are_not_taken_for_orders(path: Path) -> None:
    kept = NotesFile(path).put("a", BatchNotes("theirs"))
    with pytest.raises(OrderFileError, match="damaged"):
        OrderFile(path, "default").keep(FAILURES)
    assert NotesFile(path).read() == kept


def test_a_file_of_a_later_version_is_left_alone(path: Path) -> None:
    path.parent.mkdir()
    content = '{"version": 2, "profiles": {"default": {"column": "took", "then": "created"}}}'
    path.write_text(content)
    with pytest.raises(OrderFileError, match="of a later batch-tui"):
        OrderFile(path, "default").keep(FAILURES)
    assert path.read_text() == content


def test_a_column_that_is_not_known_is_newest_first(path: Path) -> None:
    path.parent.mkdir()
    path.write_text('{"version": 1, "profiles": {"default": {"column": "cost"}, "other": {"column": "took"}}}')
    assert OrderFile(path, "default").read() == NEWEST_FIRST
    assert OrderFile(path, "other").read() == BatchOrder("took")


def test_a_directory_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file in the way")
    file = OrderFile(tmp_path / "state" / "orders.json", "default")
    with pytest.raises(OrderFileError, match="cannot be written"):
        file.keep(FAILURES)
    with pytest.raises(OrderFileError, match="cannot be read"):
        file.read()
