"""The verb `results` where the server does something odd on the way."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.api.scripted_server import Reply, ScriptedServer, json_reply
from tests.monitor.list_server import made
from tests.results.lines import many
from tests.verbs.asked import give, session

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

_STARTED_OVER = "The server did not send the part of the results that was asked for, so the download started over."


def test_another_part_than_was_asked_for_starts_over_and_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = many(100)
    ended = made("b", 20) | {"request_counts": {"succeeded": 100}}
    another = Reply(206, rows[7:], {"content-range": f"bytes 7-{len(rows) - 1}/{len(rows)}"})
    with ScriptedServer(json_reply(ended), another, Reply(200, rows)) as server:
        store = session(server, tmp_path).store()
        store.prepare()
        store.part_path("b").write_bytes(rows[:20_500])
        assert give("b", server, tmp_path) == 0
        assert [one.headers.get("range", "all").partition("=")[0] for one in server.asked] == ["all", "bytes", "all"]
    out, err = capsys.readouterr()
    assert [json.loads(line)["custom_id"] for line in out.splitlines()] == [f"r-{n}" for n in range(100)]
    assert err.splitlines() == [_STARTED_OVER]


def test_that_it_started_over_is_told_of_results_that_are_not_complete_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = made("b", 20) | {"request_counts": {"succeeded": 100}}
    with ScriptedServer(json_reply(ended), Reply(416, b""), Reply(200, many(90))) as server:
        store = session(server, tmp_path).store()
        store.prepare()
        store.part_path("b").write_bytes(many(100)[:20_500])
        assert give("b", server, tmp_path) == 1
    err = capsys.readouterr().err.splitlines()
    assert err[0] == _STARTED_OVER
    assert [line.partition(":")[0] for line in err[1:]] == ["Not complete", "Not complete"]
