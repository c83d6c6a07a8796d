"""Searching: what a person would read is found, however JSON writes it, and nothing else."""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import re2
from hypothesis import given, settings
from hypothesis import strategies as st

from batch_tui.results.line_index import LineIndex
from batch_tui.results.raw_pattern import raw_literal, raw_regex, variants
from batch_tui.results.results_file import ResultsFile
from batch_tui.results.search import PatternError, SearchPattern, search
from tests.results.lines import bare, encode, errored, succeeded
from tests.results.opened import opened

if TYPE_CHECKING:
    from collections.abc import Iterable


def found(file: ResultsFile, text: str, *, regex: bool = False) -> list[int]:
    return [row for step in search(file, SearchPattern.of(text, regex=regex)) for row in step.rows]


TOOL = [{"type": "tool_use", "id": "toolu_1", "name": "look_up", "input": {"city": "Zürich", "deep": [{"x": "y\tz"}]}}]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        pytest.param("apple", [0, 1], id="small letters find any case"),
        pytest.param("Apple", [1], id="a capital makes case matter"),
        pytest.param('say "hi"', [2], id="quotes that JSON escapes"),
        pytest.param("back\\slash", [2], id="a backslash"),
        pytest.param("line\nbreak", [2], id="a line break"),
        pytest.param("n", [0, 2, 3, 5, 6], id="a letter, not that of an escape"),
        pytest.param("zürich", [3], id="beyond ASCII, inside a tool's input"),
        pytest.param("look_up", [3], id="the name of a tool"),
        pytest.param("y\tz", [3], id="deep in a tool's input"),
        pytest.param("credit balance", [4], id="an error's message"),
        pytest.param("custom_id", [], id="no names of fields"),
        pytest.param("assistant", [], id="no roles"),
        pytest.param("msg_011CfPLqsQdbfHNcV3FHn9K7", [0, 1, 2, 3], id="the message's id"),
        pytest.param("not json", [6], id="an unreadable line as it is"),
        pytest.param("id-5", [5], id="the custom_id"),
    ],
)
def test_what_a_text_finds(tmp_path: Path, text: str, rows: list[int]) -> None:
    file = opened(
        tmp_path,
        succeeded("id-0", "a green apple", model="m", stop_reason="x"),
        succeeded("id-1", "Apple pie", model="m", stop_reason="x"),
        succeeded("id-2", 'say "hi", back\\slash, line\nbreak', model="m", stop_reason="x"),
        succeeded("id-3", model="m", content=TOOL, stop_reason="x"),
        errored("id-4", "b", "your credit balas low".replace("balas", "balance is")),
        bare("id-5-canceled", "canceled"),
        b"this is not json at all",
    )
    # Every message id of the samples holds small letters n and C: rows with one are told apart by the text.
    wanted = rows if text != "n" else [row for row in range(7) if "n" in _said(file, row).lower()]
    assert found(file, text) == wanted


def _said(file: ResultsFile, row: int) -> str:
    record = file.record(row)
    return "\0".join(_strings(record.value)) if record.value is not None else record.raw.decode()


def _strings(value: object, key: str = "") -> Iterable[str]:
    """The naive definition: every string, but for kinds, roles and ciphers."""
    hidden = ("type", "role", "signature", "data", "encrypted_content", "encrypted_index", "encrypted_stdout")
    if isinstance(value, str) and key not in hidden:
        yield value
    elif isinstance(value, dict):
        for name, each in value.items():
            if name == "usage" and isinstance(each, dict):
                continue
            yield from _strings(each, name)
        kind = value.get("type")
        if "message" in value and isinstance(kind, str) and kind.endswith("error"):
            yield kind
    elif isinstance(value, list):
        for each in value:
            yield from _strings(each, "")


letters = st.text(st.sampled_from('aAbBéÉß"\\/\n\t<&☃😀 1u0n'), min_size=0, max_size=12)


@settings(max_examples=150)
@given(st.lists(st.tuples(letters, st.booleans()), min_size=1, max_size=6), letters.filter(bool))
def test_a_text_is_found_wherever_it_is_said(texts: list[tuple[str, bool]], needle: str) -> None:
    lines = [
        json.dumps(succeeded(f"r-{place}", text), ensure_ascii=escaped).encode()
        for place, (text, escaped) in enumerate(texts)
    ]
    same = {one: one if any(each.isupper() for each in needle) else "".join(sorted(variants(one))) for one in needle}
    naive = re.compile("".join(f"[{re.escape(same[one])}]" for one in needle))
    with tempfile.TemporaryDirectory() as directory:
        file = opened(Path(directory), raw=b"\n".join(lines) + b"\n")
        wanted = [
            row for row in range(len(file)) if any(naive.search(said) for said in _strings(file.record(row).value))
        ]
        assert found(file, needle) == wanted


keys = st.sampled_from(["text", "type", "usage", "data", "query", 'a"type', "message", "ty\\u0070e", "é"])
records = st.dictionaries(
    keys, st.recursive(letters, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3))
)


@settings(max_examples=300)
@given(st.lists(records, min_size=1, max_size=4), letters.filter(bool), st.booleans(), st.booleans())
def test_a_text_is_found_in_every_string_but_hidden_ones(
    values: list[dict[str, object]], needle: str, escaped: bool, regex: bool
) -> None:
    lines = [json.dumps({"custom_id": "", **value}, ensure_ascii=escaped).encode() for value in values]
    with tempfile.TemporaryDirectory() as directory:
        file = opened(Path(directory), raw=b"\n".join(lines) + b"\n")
        pattern = SearchPattern.of(re2.escape(needle) if regex else needle, regex=regex)
        wanted = [
            row for row in range(len(file)) if any(pattern.matches(said) for said in _strings(file.record(row).value))
        ]
        assert [row for step in search(file, pattern) for row in step.rows] == wanted


@pytest.mark.parametrize(
    ("line", "needle", "hit"),
    [
        pytest.param(b'it said "hi" and \\', 'said "hi"', True, id="quotes in a line that is no JSON"),
        pytest.param(b'{"custom_id":"a","result":"x\ty"}', "x\ty", True, id="a bare tab within a string"),
        pytest.param(b'{"custom_id":"a","result":"needle', "needle", True, id="a line cut short"),
        pytest.param(b'{"custom_id":"a","usage":{"tier":"needle"}}', "needle", False, id="what usage holds"),
        pytest.param(b'{"usage":{},"b":"needle"}', "needle", True, id="what comes after usage"),
    ],
)
def test_lines_that_raw_bytes_could_mislead_about(tmp_path: Path, line: bytes, needle: str, hit: bool) -> None:
    assert found(opened(tmp_path, raw=line + b"\n"), needle) == ([0] if hit else [])
    assert found(opened(tmp_path, raw=line + b"\n"), re2.escape(needle), regex=True) == ([0] if hit else [])


pieces = st.sampled_from(
    [
        "a",
        "b",
        "é",
        "\\d",
        "\\w",
        "\\s",
        ".",
        "[a-c]",
        "[^a]",
        "\\bb",
        "^a",
        "b$",
        "(a|B)",
        "a*",
        "b+?",
        "a{1,2}",
        '"',
        "\\\\",
        "☃",
    ]
)


@settings(max_examples=150)
@given(
    st.lists(letters, min_size=1, max_size=5),
    st.lists(st.lists(pieces, min_size=1, max_size=4).map("".join), min_size=1, max_size=3).map("|".join),
    st.booleans(),
)
def test_a_regular_expression_finds_what_it_matches(texts: list[str], source: str, escaped: bool) -> None:
    lines = [json.dumps(succeeded(f"r-{n}", text), ensure_ascii=escaped).encode() for n, text in enumerate(texts)]
    options = re2.Options()
    options.case_sensitive = "B" in source
    naive = re2.compile(source, options)
    with tempfile.TemporaryDirectory() as directory:
        file = opened(Path(directory), raw=b"\n".join(lines))
        wanted = [
            row for row in range(len(file)) if any(naive.search(said) for said in _strings(file.record(row).value))
        ]
        assert found(file, source, regex=True) == wanted


def test_a_bad_regular_expression_is_a_sentence() -> None:
    with pytest.raises(PatternError, match=r"'a\(b' is no regular expression \(RE2\): missing \)"):
        SearchPattern.of("a(b", regex=True)


@pytest.mark.parametrize("source", ["[[:alpha:]]", "(?s)a.b", "a{,2}", r"\pL", "(?i:a)b", "(?=a)"])
def test_what_cannot_be_said_in_raw_bytes_is_read_instead(source: str) -> None:
    assert raw_regex(source, any_case=False) is None


@pytest.mark.parametrize("character", ["é", "☃", "😀", "x", "\t", '"'])
@pytest.mark.parametrize("source", ["a.b", "a[^q]b", r"a\Db", "a.{1}b", "c|a.b", "a[^q]b|ccc"])
@pytest.mark.parametrize("escaped", [False, True])
def test_any_character_is_one_character_however_many_bytes(
    tmp_path: Path, character: str, source: str, escaped: bool
) -> None:
    line = json.dumps(succeeded("r", f"xx a{character}b"), ensure_ascii=escaped).encode()
    assert found(opened(tmp_path, line), source, regex=True) == [0]


def test_a_plain_text_has_one_form_in_raw_bytes() -> None:
    assert raw_literal("plain text 12", any_case=False).literal == b"plain text 12"
    assert raw_literal("a/b", any_case=False).literal is None


def test_branches_that_begin_with_letters_are_looked_for_one_by_one(tmp_path: Path) -> None:
    raw = raw_regex("cred[a-z]+ balance|Zanz.bar", any_case=False)
    assert raw is not None
    assert [source[:4] for source in raw.sources] == [b"cred", b"Zanz"]
    several = raw_regex("ab|cd|.f", any_case=False)
    assert several is not None
    assert len(several.sources) == 1
    texts = ["Zanzibar", "no", "credit balance, Zanzibar", "Zanz\nbar", "credit balance", "a Zanz.bar"]
    file = opened(tmp_path, *(succeeded(f"r-{n}", text) for n, text in enumerate(texts)))
    assert found(file, "cred[a-z]+ balance|Zanz.bar", regex=True) == [0, 2, 4, 5]


def test_a_scan_that_goes_on_finds_what_one_over_all_finds(tmp_path: Path) -> None:
    lines = [encode(succeeded(f"r-{n}", "needle" if n % 3 == 0 else "hay")) + b"\n" for n in range(30)]
    path = tmp_path / "growing.part"
    path.write_bytes(b"".join(lines))
    file = ResultsFile(path, LineIndex())
    rows: list[int] = []
    pattern, upto = SearchPattern.of("needle"), 0
    for line in lines:
        file.index.feed(line)
        for step in search(file, pattern, start=upto):
            rows += step.rows
            upto = step.upto
    assert rows == list(range(0, 30, 3))


def test_a_search_stops_when_told_to_and_steps_are_bounded(tmp_path: Path) -> None:
    file = opened(tmp_path, *(succeeded(f"r-{n}", "x" * 100_000) for n in range(40)))
    steps = list(search(file, SearchPattern.of("x")))
    assert len(steps) >= 4
    assert [row for step in steps for row in step.rows] == list(range(40))
    answers = iter([False, True])
    stopped = list(search(file, SearchPattern.of("x"), should_stop=lambda: next(answers)))
    assert [step.upto for step in stopped] == [steps[0].upto]


def test_hostile_lines_are_searched_too(tmp_path: Path) -> None:
    file = opened(
        tmp_path,
        raw=b'{"custom_id":"a","result":"\\ud800 lone"}\n\xff\xfe broken lone\n' + b"[" * 3000 + b"lone\n\n[]\n",
    )
    assert found(file, "lone") == [0, 1, 2]
    assert found(file, "l.ne", regex=True) == [0, 1, 2]


def test_where_a_pattern_stands_in_a_text() -> None:
    assert SearchPattern.of("ab").spans("xABab") == [(1, 3), (3, 5)]
    assert SearchPattern.of("a+", regex=True).spans("é aa\ud800a") == [(2, 4), (5, 6)]
    assert SearchPattern.of("a*", regex=True).spans("bb") == []
