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
    assert "another part of the results than was asked for, so the download started over" in err
