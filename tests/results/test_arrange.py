"""JSON paths, orders, counted values and chosen rows."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from batch_tui.results.chosen_rows import ChosenRows
from batch_tui.results.error_groups import group_errors
from batch_tui.results.errors import ResultsStoreError
from batch_tui.results.frequencies import frequencies
from batch_tui.results.json_path import MISSING, JsonPath, JsonPathError, show
from batch_tui.results.row_order import OrderedRows, sort_rows
from batch_tui.results.row_query import RowQuery
from batch_tui.results.row_selection import FoundRows
from batch_tui.results.search import SearchPattern, search
from batch_tui.results.server_tools import count_server_tools
from tests.results.lines import bare, errored, succeeded
from tests.results.opened import opened

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from batch_tui.results.frequencies import Subject
    from batch_tui.results.results_file import ResultsFile

RECORD: Any = succeeded("a", '{"x": {"odd key": [1, [true, null]]}, "n": 1.5}')


def gives(path: str, record: object, value: object) -> bool:
    """Whether that is what a path leads to; nothing there is told from a null."""
    found = JsonPath.parse(path).value(record)
    return found is MISSING if value is MISSING else bool(found == value)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("custom_id", "a"),
        ("result.message.usage.output_tokens", 5),
        ("result.message.content[0].type", "text"),
        ("result.message.content[-1].type", "text"),
        ("result.message.content[7].type", MISSING),
        ('.x["odd key"][1][0]', True),
        ('.x["odd key"][1][1]', None),
        (".n", 1.5),
        (".", {"x": {"odd key": [1, [True, None]]}, "n": 1.5}),
        (".n.deeper", MISSING),
        ("nothing", MISSING),
    ],
)
def test_what_a_path_gives(path: str, value: object) -> None:
    assert gives(path, RECORD, value)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("message.model", "claude-haiku-4-5-20251001"),
        ("message.usage.output_tokens", 5),
        ("usage.output_tokens", 5),
        ("model", "claude-haiku-4-5-20251001"),
        ("stop_reason", "end_turn"),
        ("content[0].type", "text"),
        ("usage.nothing", MISSING),
        ("error.type", MISSING),
    ],
)
def test_what_leads_to_a_message_or_an_error_may_be_left_out(path: str, value: object) -> None:
    assert gives(path, RECORD, value)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("error.type", "api_error"),
        ("error.message", "Down"),
        ("error.error.type", "api_error"),
        ("error.request_id", None),
        ("result.error.type", "error"),
        ("usage.output_tokens", MISSING),
    ],
)
def test_an_error_is_reached_through_its_envelope_or_without(path: str, value: object) -> None:
    assert gives(path, errored("b", "api_error", "Down"), value)


def test_what_a_record_itself_has_goes_before_what_is_left_out() -> None:
    assert JsonPath.parse("usage.a").value({**RECORD, "usage": {"a": 7}}) == 7


@pytest.mark.parametrize(("path", "meant"), [("type", "error.type"), ("id", "custom_id or message.id")])
def test_a_name_that_several_things_have_is_asked_back(path: str, meant: str) -> None:
    with pytest.raises(JsonPathError, match=meant):
        JsonPath.parse(path)


@pytest.mark.parametrize("path", ["", "a..b", "a[x]", "..a", 'a["open', "a b"])
def test_a_path_that_cannot_be_read_is_a_sentence(path: str) -> None:
    with pytest.raises(JsonPathError, match=r"path"):
        JsonPath.parse(path)


def test_a_path_takes_any_record() -> None:
    records: tuple[object, ...] = (
        None,
        [],
        3,
        "x",
        {"result": 5},
        {"result": {"type": "succeeded", "message": {"content": 3}}},
    )
    for record in records:
        assert JsonPath.parse(".label").value(record) is MISSING
    assert show({"a": "é"}) == '{"a":"é"}'


def test_orders_are_stable_and_put_rows_without_a_value_last(tmp_path: Path) -> None:
    texts = ['{"v": 2}', '{"v": "b"}', "no json", '{"v": 10}', '{"v": 2}', '{"v": "a"}']
    file = opened(tmp_path, *(succeeded(f"{n}", text) for n, text in enumerate(texts)), bare("x", "expired"))
    path, rows = JsonPath.parse(".v"), range(7)
    assert list(sort_rows(file, rows, path) or ()) == [0, 4, 3, 5, 1, 2, 6]
    assert list(sort_rows(file, rows, path, reverse=True) or ()) == [1, 5, 3, 0, 4, 2, 6]
    assert list(sort_rows(file, rows, "output") or ())[-1] == 6
    assert next(iter(sort_rows(file, rows, "custom_id", reverse=True) or ())) == 6
    assert sort_rows(file, rows, path, should_stop=lambda: True) is None


def test_ordered_rows_know_where_each_stands(tmp_path: Path) -> None:
    file = opened(tmp_path, *(succeeded(f"{9 - n}") for n in range(10)))
    ordered = OrderedRows(sort_rows(file, range(2, 10), "custom_id") or pytest.fail("stopped"))
    assert list(ordered) == [9, 8, 7, 6, 5, 4, 3, 2]
    assert [ordered.index_of(row) for row in ordered] == list(range(8))
    assert ordered.index_of(0) is None
    assert ordered.nearest(0) == 0


def test_values_are_counted_with_the_query_that_finds_them(tmp_path: Path) -> None:
    file = opened(
        tmp_path,
        *(succeeded(f"r{n}", f'{{"label": "{"yes" if n % 3 else "no"}"}}') for n in range(9)),
        errored("e1", "api_error", "Request 17 failed"),
        errored("e2", "api_error", "Request 18 failed"),
        errored("e3", "api_error", 'Not "here":\n ' + "far " * 200),
        bare("x", "canceled"),
    )
    subjects: list[Subject] = ["kind", "stop", "model", "error", JsonPath.parse(".label")]
    for subject in subjects:
        for value in frequencies(file, range(len(file)), subject):
            if value.query is not None:
                matching = sum(len(step.rows) for step in RowQuery.parse(value.query).scan(file))
                assert matching == value.count, value
    labels = frequencies(file, range(len(file)), JsonPath.parse(".label"))
    assert [(one.value, one.count) for one in labels] == [("yes", 6), (None, 4), ("no", 3)]
    assert [(one.value, one.count) for one in frequencies(file, range(len(file)), "error")] == [
        ("api_error: Request N failed", 2),
        ('api_error: Not "here":\n ' + ("far " * 200)[:487] + "…", 1),
    ]


def test_found_rows_are_counted_and_narrowed_by_kind(tmp_path: Path) -> None:
    file = opened(tmp_path, succeeded("a"), errored("b"), succeeded("c", ""), errored("d"), succeeded("e"))
    found = FoundRows()
    errors, odd = ChosenRows(file.index, found, "errored"), ChosenRows(file.index, found, "suspicious")
    for step in RowQuery.parse("-id=a").scan(file):
        found.append(step)
    assert list(errors) == [1, 3]
    assert list(odd) == [2]
    assert errors.counts()[None] == 4
    assert (errors.counts()["errored"], errors.counts()["suspicious"]) == (2, 1)
    assert (errors.index_of(3), errors.index_of(2), errors.nearest(2)) == (1, None, 1)


@pytest.mark.parametrize(
    "work",
    [
        lambda file: list(search(file, SearchPattern.of("words"))),
        lambda file: list(RowQuery.parse("words").scan(file)),
        lambda file: list(RowQuery.parse("result.message.id:msg").scan(file)),
        lambda file: list(RowQuery.parse("id:b").scan(file)),
        lambda file: sort_rows(file, range(3), JsonPath.parse(".x"), reverse=False),
        lambda file: frequencies(file, range(3), JsonPath.parse(".x")),
        lambda file: frequencies(file, range(3), "error"),
        group_errors,
        count_server_tools,
    ],
)
def test_nothing_is_claimed_of_lines_that_a_file_lost(tmp_path: Path, work: Callable[[ResultsFile], object]) -> None:
    file = opened(tmp_path, succeeded("a", "words"), errored("b", "api_error", "Words"), errored("c"))
    work(file)
    os.truncate(file.path, file.index.starts[1] - 1)
    with pytest.raises(ResultsStoreError, match="shorter than when it was indexed"):
        work(file)


@pytest.mark.parametrize("path", [".label", '.["odd name"]', ".a:b", ".deep.id", '.deep["a.b"][0]', ".", ".n", ".big"])
def test_the_query_of_a_counted_value_finds_its_rows(tmp_path: Path, path: str) -> None:
    odd = {"odd name": 'a "quoted" b', "a:b": "x=y", "deep": {"id": 2**53 + 1, "a.b": ["\n"]}, "n": -0.5, "big": 10**30}
    file = opened(tmp_path, *(succeeded(f"r-{n}", json.dumps({"label": n, **odd})) for n in range(3)))
    for value in frequencies(file, range(3), JsonPath.parse(path)):
        assert value.query is not None
        found = [row for step in RowQuery.parse(value.query).scan(file) for row in step.rows]
        assert len(found) == value.count, value.query


@pytest.mark.parametrize("path", ["custom_id", "result.type", '["custom_id"]', 'result["type"]'])
def test_the_query_of_a_value_of_the_record_finds_its_rows(tmp_path: Path, path: str) -> None:
    file = opened(tmp_path, *(succeeded(f"r-{n}") for n in range(3)))
    for value in frequencies(file, range(3), JsonPath.parse(path)):
        assert value.query is not None
        assert sum(len(step.rows) for step in RowQuery.parse(value.query).scan(file)) == value.count


def test_what_is_no_number_has_no_place_among_numbers(tmp_path: Path) -> None:
    lines = [f'{{"custom_id":"r","n":{n}}}' for n in ("3", "NaN", "1", "1e400", "2", "NaN", "0")]
    file = opened(tmp_path, raw="\n".join(lines).encode())
    for reverse, wanted in ((False, [6, 2, 4, 0, 3, 1, 5]), (True, [3, 0, 4, 2, 6, 1, 5])):
        ordered = sort_rows(file, range(7), JsonPath.parse("n"), reverse=reverse)
        assert list(ordered or ()) == wanted
