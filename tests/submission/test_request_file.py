"""Checking a JSONL of requests: each rule, its line and its severity."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from batch_tui.submission.request_file import (
    MAX_REQUESTS,
    RequestFileError,
    check_request_file,
    iter_requests,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PARAMS: dict[str, Any] = {
    "model": "claude-haiku-4-5",
    "max_tokens": 100,
    "messages": [{"role": "user", "content": "Hi"}],
}


def line(custom_id: str = "a", **params: Any) -> str:
    kept = {name: value for name, value in {**PARAMS, **params}.items() if value is not ...}
    return json.dumps({"custom_id": custom_id, "params": kept}, ensure_ascii=False)


def found(*lines: str | bytes, **options: Any) -> list[tuple[int | None, str, str]]:
    problems = check_request_file(lines, **options).problems
    return [(problem.line, problem.severity, problem.sentence) for problem in problems]


def test_a_good_file_has_no_problems(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text("\ufeff" + line("a") + "\r\n\r\n" + line("b", model="claude-opus-5-5", x="\u2028") + "\n")
    check = check_request_file(path, api_version="2026-10-21")
    assert (check.ok, check.problems, check.requests) == (True, [], 2)
    assert check.models == {"claude-haiku-4-5": 1, "claude-opus-5-5": 1}
    compact = {"requests": list(iter_requests(path))}
    assert check.bytes == len(json.dumps(compact, ensure_ascii=False, separators=(",", ":")).encode())


def test_a_line_that_is_an_empty_array_does_not_hide_what_follows() -> None:
    problems = found("[]", "[1]", '{"custom_id": 5}')
    assert [number for number, _, _ in problems] == [1, 2, 3, 3]


def test_all_requests_in_one_array_are_one_problem() -> None:
    (problem,) = found(f"[{line('a')},{line('b')}]", line("c"))
    assert problem[0] == 1


def test_a_pipe_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    """It would be empty at the second reading, and a batch of nothing be sent."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for read in (check_request_file, lambda path: list(iter_requests(path))):
        with pytest.raises(RequestFileError, match="is not a regular file"):
            read(pipe)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"params":{}}', "custom_id is missing"),
        ('{"custom_id":7,"params":{}}', "custom_id is not a string"),
        ('{"custom_id":"","params":{}}', "is not 1 to 64"),
        ('{"custom_id":"a b","params":{}}', "is not 1 to 64"),
        ('{"custom_id":"a\\n","params":{}}', "is not 1 to 64"),
        ('{"custom_id":"é","params":{}}', "is not 1 to 64"),
        ('{"custom_id":"' + "x" * 65 + '","params":{}}', "It has 65"),
        ('{"custom_id":"a"}', "params is missing"),
        ('{"custom_id":"a","params":[]}', "params is not an object"),
        ('{"custom_id":"a","params":{},"body":{}}', "Unknown field 'body'"),
        ("[1]", "not a JSON object"),
        ("hello", "not JSON"),
        ('{"custom_id":"a","params":{"x":"\\ud800"}}', "not JSON"),
        ('{"custom_id":"a","params":' + "[" * 100_000, "nested too deeply"),
    ],
)
def test_what_refuses_the_whole_batch_is_an_error(text: str, said: str) -> None:
    check = check_request_file([line("first"), text])
    problem = next(problem for problem in check.problems if problem.severity == "error")
    assert problem.line == 2
    assert said in problem.sentence
    assert problem.advice
    assert not check.ok


def test_invalid_utf_8_is_an_error() -> None:
    assert next(problem[:2] for problem in found(b'{"custom_id":"a","params":{"x":"\xff"}}')) == (1, "error")


def test_a_doubled_custom_id_names_both_lines() -> None:
    problems = found(line("a"), line("A"), line("a"))
    assert problems == [(3, "error", "custom_id 'a' is on line 1 already.")]


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"model": ...}, "params.model is missing"),
        ({"max_tokens": ...}, "params.max_tokens is missing"),
        ({"max_tokens": 0}, "params.max_tokens is 0"),
        ({"max_tokens": True}, "not a whole number"),
        ({"max_tokens": 1.5}, "not a whole number"),
        ({"max_tokens": 200_000}, "output-300k-2026-03-24"),
        ({"messages": ...}, "params.messages is missing"),
        ({"messages": []}, "params.messages is empty"),
        ({"messages": "Hi"}, "not a list"),
        ({"messages": [{}] * 100_001}, "100,001 messages"),
        ({"stream": True}, "params.stream"),
        ({"speed": "fast"}, "params.speed"),
        ({"fallbacks": ["x"]}, "params.fallbacks"),
        ({"billing_policy": {"bill_to": "user_profile"}}, "billing_policy"),
    ],
)
def test_what_errors_one_request_is_a_warning(params: dict[str, Any], said: str) -> None:
    check = check_request_file([line("good"), line("bad", **params)])
    (problem,) = check.problems
    assert (problem.line, problem.severity, problem.custom_id) == (2, "warning", "bad")
    assert said in problem.sentence
    assert check.ok
    assert (check.errors, check.warnings) == (0, 1)


@pytest.mark.parametrize(
    "params",
    [
        {"stream": False},
        {"speed": "standard"},
        {"service_tier": "auto"},
        {"unheard_of": 1},
        {"messages": [{"role": "system", "content": "x"}]},
        {"temperature": 0.5},
        {"billing_policy": {"bill_to": "self"}},
    ],
)
def test_what_the_server_may_know_better_is_left_to_it(params: dict[str, Any]) -> None:
    assert found(line(**params), api_version="2023-06-01") == []


CITED = [{"type": "text", "text": "x", "citations": [{"type": "char_location"}]}]


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"temperature": 1.0}, "params.temperature"),
        ({"top_p": None}, "params.top_p"),
        ({"top_k": 5}, "params.top_k"),
        ({"messages": [{"role": "assistant", "content": [{"type": "document"}]}]}, "document"),
        ({"messages": [{"role": "user", "content": CITED}]}, "citations"),
        (
            {"messages": [{"role": "user", "content": [{"type": "search_result", "content": CITED}]}]},
            "citations",
        ),
    ],
)
def test_rules_of_the_new_version_apply_to_it_only(params: dict[str, Any], said: str) -> None:
    (problem,) = found(line(**params), api_version="2026-10-21")
    assert problem[1] == "warning"
    assert said in problem[2]
    assert "2026-10-21" in problem[2]
    assert found(line(**params), api_version="2023-06-01") == found(line(**params)) == []


def test_documents_of_users_and_citations_of_assistants_stay_allowed() -> None:
    messages = [
        {"role": "user", "content": [{"type": "document"}, {"type": "text", "text": "x", "citations": []}]},
        {"role": "assistant", "content": CITED},
    ]
    assert found(line(messages=messages), api_version="2026-10-21") == []


def test_a_whole_body_or_a_pretty_document_is_said_once() -> None:
    body = json.dumps({"requests": [json.loads(line())]})
    assert len(found(body)) == 1
    assert "whole request body" in found(body)[0][2]
    pretty = json.dumps([json.loads(line())], indent=1).splitlines()
    assert len(found(*pretty)) == 1
    assert "many lines" in found(*pretty)[0][2]


def test_an_empty_file_is_an_error() -> None:
    assert found() == [(None, "error", "There are no requests.")]
    assert found("", "  \n")[0][2] == "There are no requests."


def small(number: int) -> Iterator[bytes]:
    for n in range(number):
        yield b'{"custom_id":"r%d","params":{"model":"m","max_tokens":1,"messages":[1]}}' % n


def test_too_many_requests() -> None:
    assert check_request_file(small(MAX_REQUESTS)).ok
    (problem,) = check_request_file(small(MAX_REQUESTS + 1)).problems
    assert "100,001 requests" in problem.sentence
    assert "Split" in problem.advice


@pytest.mark.parametrize(("megabytes", "severity"), [(255, None), (257, "warning"), (270, "error")])
def test_too_many_bytes(megabytes: int, severity: str | None) -> None:
    big = line("rNNN", messages=[{"role": "user", "content": "x" * 10_000_000}]).encode()
    last = line("rest", messages=[{"role": "user", "content": "x" * (megabytes % 10 * 1_000_000)}])
    lines = (big.replace(b"rNNN", b"r%d" % n) for n in range(megabytes // 10))
    check = check_request_file(item for group in (lines, [last]) for item in group)
    assert [problem.severity for problem in check.problems] == ([severity] if severity else [])


def test_only_so_many_problems_are_kept_but_all_are_counted() -> None:
    check = check_request_file(["x"] * 50, max_problems=10)
    assert (len(check.problems), check.errors) == (10, 50)


def test_a_missing_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(RequestFileError, match="Could not read"):
        check_request_file(tmp_path / "none.jsonl")


@pytest.mark.parametrize("bad", ["oops", "[]", '{"params":{}}', '{"custom_id":"a"}', "[" * 100_000])
def test_reading_stops_at_the_first_line_that_is_no_request(tmp_path: Path, bad: str) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text(line("a") + "\n\n" + bad + "\n")
    requests = iter_requests(path)
    assert next(requests)["custom_id"] == "a"
    with pytest.raises(RequestFileError, match="line 3"):
        next(requests)
