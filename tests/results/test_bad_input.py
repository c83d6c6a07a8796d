"""Every kind of bad input the results endpoint may give, and what the user sees of it in table and verdict."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from batch_tui.api import BatchClient
from batch_tui.results.completeness import check_completeness
from batch_tui.results.download import ResultsDownload
from batch_tui.results.store import ResultsStore
from batch_tui.tui.context import OpenResults
from batch_tui.tui.result_rows import FileRows, ResultRows
from batch_tui.tui.text import plain
from tests.api.scripted_server import Reply, ScriptedServer
from tests.results.lines import bare, encode, errored, succeeded

if TYPE_CHECKING:
    from pathlib import Path

JSONL = {"content-type": "application/x-jsonl"}
A, B = encode(succeeded("a", "one")), encode(succeeded("b", "two"))
BOTH = ["a | ✓ succeeded | one", "b | ✓ succeeded | two"]
VERIFIED: list[str] = []
WIDTHS = [("custom_id", 20), ("kind", 14), ("preview", 400)]


def with_text(text: bytes) -> bytes:
    """A line whose answer is these bytes as they are."""
    return encode(succeeded("a", "QQ")).replace(b"QQ", text)


def plain_reply(body: bytes) -> Reply:
    return Reply(body=body, headers=JSONL)


DEEP = encode(succeeded("a", content=[{"type": "text", "text": "deep"}, {"type": "tool_use", "input": "QQ"}])).replace(
    b'"QQ"', b'{"a":[' * 25_000 + b"1" + b"]}" * 25_000
)


CASES = [
    pytest.param(plain_reply(A + b"\r\n" + B + b"\r\n"), BOTH, VERIFIED, id="CRLF"),
    pytest.param(Reply(chunks=[A + b"\r", b"\n" + B + b"\r", b"\n"]), BOTH, VERIFIED, id="CRLF split between chunks"),
    pytest.param(plain_reply(b"\n" + A + b"\n\n  \n" + B + b"\n\n"), BOTH, VERIFIED, id="blank lines"),
    pytest.param(plain_reply(b"\xef\xbb\xbf" + A + b"\n" + B + b"\n"), BOTH, VERIFIED, id="byte order mark"),
    pytest.param(plain_reply(A + b"\n" + B), BOTH, VERIFIED, id="no final newline"),
    pytest.param(
        plain_reply(with_text("x\u2028y\u2029z\u0085w".encode()) + b"\n" + B),
        ["a | ✓ succeeded | x↵y↵z↵w", BOTH[1]],
        VERIFIED,
        id="U+2028, U+2029, U+0085 inside a string",
    ),
    pytest.param(
        plain_reply(with_text(b"x\xff\xfey") + b"\n" + B),
        ["a | ✓ succeeded | x\ufffd\ufffdy", BOTH[1]],
        VERIFIED,
        id="not UTF-8",
    ),
    pytest.param(
        plain_reply(with_text(b"x\\ud800y") + b"\n" + B),
        ["a | ✓ succeeded | x\ufffdy", BOTH[1]],
        VERIFIED,
        id="lone surrogate",
    ),
    pytest.param(
        plain_reply(with_text(b"x\x00y\\u0000z") + b"\n" + B),
        ["a | ✓ succeeded | x␀y␀z", BOTH[1]],
        VERIFIED,
        id="NUL, bare and escaped",
    ),
    pytest.param(
        plain_reply(A + b"\nnot JSON\n"),
        [BOTH[0], "(none) | ✗ unreadable | not JSON"],
        ["1 line cannot be read."],
        id="not JSON",
    ),
    pytest.param(
        plain_reply(A + b'\n["b"]\n'),
        [BOTH[0], '(none) | ✗ unreadable | ["b"]'],
        ["1 line cannot be read."],
        id="JSON that is no object",
    ),
    pytest.param(
        plain_reply(A + b"\n" + DEEP.replace(b'"a"', b'"b"', 1) + b"\n"),
        [BOTH[0], "b | ✓ succeeded | deep"],
        VERIFIED,
        id="deep nesting",
    ),
    pytest.param(plain_reply(DEEP + b"\n" + B), ["a | ✓ succeeded | deep", BOTH[1]], VERIFIED, id="deep nesting first"),
    pytest.param(
        plain_reply(B + b"\n" + DEEP),
        [BOTH[1], "a | ✓ succeeded | deep"],
        VERIFIED,
        id="deep nesting, no final newline",
    ),
    pytest.param(
        plain_reply(A + b"\n" + b'{"a":' * 250_000 + b"1" + b"}" * 250_000 + b"\n"),
        [BOTH[0], "(none) | ✗ unreadable | " + ('{"a":' * 60)[:300]],
        ["1 line cannot be read."],
        id="nesting without end",
    ),
    pytest.param(
        plain_reply(A + b'\n{"result":{"type":"canceled"}}\n'),
        [BOTH[0], "(none) | ⊘ canceled | canceled before it was sent"],
        ["1 line without a custom_id."],
        id="no custom_id",
    ),
    pytest.param(
        plain_reply(encode(succeeded("", "one")) + b"\n" + encode(succeeded("  ", "two")) + b"\n"),
        ['"" | ✓ succeeded | one', '"  " | ✓ succeeded | two'],
        VERIFIED,
        id="custom_ids that are blank",
    ),
    pytest.param(
        plain_reply(A + b"\n" + A + b"\n"),
        [BOTH[0], BOTH[0]],
        ["1 line repeats a custom_id: a."],
        id="doubled custom_id",
    ),
    pytest.param(plain_reply(A + b"\n"), BOTH[:1], ["1 line missing"], id="a line missing"),
    pytest.param(
        plain_reply(A + b"\n" + B + b"\n" + encode(bare("c", "expired"))),
        [*BOTH, "c | ◷ expired | not sent within 24h"],
        ["1 line too many"],
        id="a line too many",
    ),
    pytest.param(
        plain_reply(A + b"\n" + encode({**bare("b", "deferred"), "until": "later"})),
        [BOTH[0], 'b | ? unknown | {"custom_id":"b","result":{"type":"deferred"},"until":"later"}'],
        VERIFIED,
        id="unknown kind and field",
    ),
    pytest.param(
        plain_reply(encode(succeeded("[red]a[/]", "[/foo] [@click=app.quit]q[/]")) + b"\n" + B),
        ["[red]a[/] | ✓ succeeded | [/foo] [@click=app.quit]q[/]", BOTH[1]],
        VERIFIED,
        id="what looks like markup",
    ),
    pytest.param(
        plain_reply(encode(errored("a", "api_error", "\x1b]52;c;x\x07 \x9b2J \u202eevil")) + b"\n" + B),
        ["a | ! errored | ␛]52;c;x␇ \ufffd2J \ufffdevil  api_error", BOTH[1]],
        VERIFIED,
        id="ESC, OSC, C1, reversed text",
    ),
    pytest.param(
        plain_reply(
            encode({"custom_id": "a", "result": {"type": "errored", "error": {"type": "api_error", "message": "flat"}}})
            + b"\n"
            + encode({"custom_id": "b", "result": {"type": "errored", "error": "in words"}})
        ),
        ["a | ! errored | flat  api_error", "b | ! errored | in words  unknown_error"],
        VERIFIED,
        id="errors without their envelopes",
    ),
    pytest.param(
        Reply(body=gzip.compress(A + b"\n" + B), headers={**JSONL, "content-encoding": "gzip"}),
        BOTH,
        VERIFIED,
        id="gzip",
    ),
    pytest.param(Reply(body=A + b"\n" + B), BOTH, VERIFIED, id="no Content-Type"),
    pytest.param(
        Reply(body=A + b"\n" + B, headers={"content-type": "text/html"}), BOTH, VERIFIED, id="wrong Content-Type"
    ),
    pytest.param(plain_reply(b""), [], ["2 lines missing"], id="nothing at all"),
]


@pytest.mark.parametrize(("reply", "seen", "against"), CASES)
def test_what_the_user_sees(tmp_path: Path, reply: Reply, seen: list[str], against: list[str]) -> None:
    with (
        ScriptedServer(reply) as server,
        BatchClient("test-key", base_url=server.url, environ={}, max_retries=0) as client,
    ):
        store = ResultsStore(tmp_path)
        download = ResultsDownload(client.messages.batches, "b", store, expected=2, sleep=lambda _: None)
        end = download.run()
    assert (end.state, end.error) == ("complete", None)
    assert end.verified is not bool(against)
    file = download.results
    assert file is not None
    opened = OpenResults(file, end)
    rows = ResultRows(opened, FileRows(file, file.rows()), plain("host"))
    shown = [
        " | ".join("".join(text for text, _ in cell.parts) for cell in rows.cells(row, WIDTHS))
        for row in range(len(rows))
    ]
    assert shown == seen
    told = check_completeness(file, 2).sentences
    assert len(told) == len(against)
    assert all(sentence.startswith(wanted) for sentence, wanted in zip(told, against, strict=True))
    for line in shown:
        line.encode()


@pytest.mark.parametrize(
    ("reply", "sentence"),
    [
        pytest.param(
            Reply(body=b"<!doctype html><title>Sign in</title>", headers={"content-type": "text/html"}),
            "HTML page",
            id="HTML error page with status 200",
        ),
        pytest.param(
            Reply(body=b"\n <html>Bad gateway</html>", headers=JSONL), "web page", id="HTML called JSON lines"
        ),
        pytest.param(
            Reply(body=gzip.compress(A), headers={**JSONL, "content-encoding": "br"}),
            "compressed as 'br'",
            id="an encoding that was not asked for",
        ),
        pytest.param(
            plain_reply(b'{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}'),
            "an error instead of results: overloaded_error: Overloaded",
            id="an error with status 200",
        ),
        pytest.param(plain_reply(A + b"\n" + B[:-5]), "middle of a line", id="cut last line"),
    ],
)
def test_what_is_no_results_is_a_sentence_and_nothing_is_stored(tmp_path: Path, reply: Reply, sentence: str) -> None:
    with (
        ScriptedServer(*[reply] * 8) as server,
        BatchClient("test-key", base_url=server.url, environ={}, max_retries=0) as client,
    ):
        store = ResultsStore(tmp_path)
        end = ResultsDownload(client.messages.batches, "b", store, expected=2, sleep=lambda _: None).run()
    assert end.state == "failed"
    assert sentence in str(end.error)
    assert store.stored("b") is None
