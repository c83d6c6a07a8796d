"""Batches that the API answers with nonsense about: verbs give the rest, name what is bad, and end with 1."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from batch_tui.api import BatchClient
from batch_tui.settings import Settings
from batch_tui.verbs.looking import list_batches, show
from batch_tui.verbs.session import Session
from batch_tui.verbs.waiting import Wait
from tests.api.scripted_server import ScriptedServer, json_reply
from tests.monitor.list_server import made

if TYPE_CHECKING:
    from pathlib import Path


def session(server: ScriptedServer, directory: Path) -> Session:
    settings = Settings(base_url=server.url, cache_dir=directory / "cache", data_dir=directory / "data")
    return Session(settings, lambda: BatchClient(api_key="k", base_url=server.url, environ={}, max_retries=0))


def wait(server: ScriptedServer, directory: Path, *batch_ids: str) -> int:
    """Wait for batches by a clock that each sleep moves on."""
    seconds = [0.0]

    def sleep(more: float) -> None:
        seconds[0] += more

    return Wait(
        session(server, directory), batch_ids, sleep=sleep, monotonic=lambda: seconds[0], as_json=True, quiet=True
    ).run()


@pytest.mark.parametrize("as_json", [True, False])
def test_list_gives_the_good_ones_and_says_which_could_not_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], as_json: bool
) -> None:
    rows: list[Any] = [made("a", 10), made("bad", 20) | {"created_at": None}, {"id": None}, made("b", 30)]
    with ScriptedServer(json_reply({"data": rows, "has_more": False})) as server:
        assert list_batches(session(server, tmp_path), wanted="", limit=0, as_json=as_json) == 1
    out, err = capsys.readouterr()
    assert "2 batches could not be read, and left out: bad (created_at), 1 without an id." in err
    listed = [json.loads(line)["id"] for line in out.splitlines()] if as_json else out.split()
    assert "bad" not in listed
    assert {"a", "b"} <= set(listed)


def test_wait_gives_the_good_ones_and_says_which_could_not_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = made("good", 10), made("bad", 20) | {"request_counts": None}
    with ScriptedServer(json_reply(bad), json_reply(good)) as server:
        assert wait(server, tmp_path, "bad", "good") == 1
    out, err = capsys.readouterr()
    assert [json.loads(line)["id"] for line in out.splitlines()] == ["good"]
    assert "bad could not be read: request_counts." in err


@pytest.mark.parametrize("answer", [made("bad", 20) | {"processing_status": None}, {"id": 7}, []])
def test_wait_gives_up_on_one_whose_state_cannot_be_read_but_not_on_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], answer: Any
) -> None:
    running = made("good", 10, status="in_progress")
    replies = [json_reply(one) for _ in range(12) for one in (answer, running)]
    with ScriptedServer(*replies[:14], json_reply(made("good", 10))) as server:
        assert wait(server, tmp_path, "bad", "good") == 1
    out, err = capsys.readouterr()
    assert [json.loads(line)["id"] for line in out.splitlines()] == ["good"]
    assert "bad" in err


_PARTLY_BAD = {"created_at": "yesterday", "request_counts": {"processing": "many"}}


def test_show_gives_what_can_be_read_and_says_what_could_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad, good = made("bad", 20) | _PARTLY_BAD, made("good", 10)
    with ScriptedServer(json_reply(bad), json_reply(good)) as server:
        assert show(session(server, tmp_path), ["bad", "good"], as_json=False) == 1
    out, err = capsys.readouterr()
    assert "bad could not be read whole: created_at, request_counts." in err
    shown, other = out.split("\n\n")
    facts = dict(line.split(maxsplit=1) for line in shown.splitlines())
    assert facts["id"] == "bad"
    assert facts["status"] == "ended"
    assert facts["ended"].startswith("2026-11-22")
    assert facts["requests"] == facts["created"] == facts["took"] == facts["results"] == "unknown"
    # No number that the API did not give.
    assert not {"processing", "succeeded", "errored", "canceled", "expired"} & facts.keys()
    assert "good" in other
    assert "unknown" not in other


def test_show_of_a_bad_state_does_not_guess_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = made("bad", 20) | {"processing_status": None, "ended_at": [1], "expires_at": {}}
    with ScriptedServer(json_reply(bad)) as server:
        assert show(session(server, tmp_path), ["bad"], as_json=False) == 1
    facts = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert facts["status"] == facts["ended"] == facts["expires"] == facts["results"] == "unknown"
    assert facts["processing"] == "1"


def test_show_as_json_gives_what_the_api_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = made("bad", 20) | _PARTLY_BAD
    with ScriptedServer(json_reply(bad)) as server:
        assert show(session(server, tmp_path), ["bad"], as_json=True) == 1
    out, err = capsys.readouterr()
    assert json.loads(out) == bad
    assert "could not be read whole" in err


@pytest.mark.parametrize("answer", [{"id": 7}, []])
def test_show_goes_on_to_the_others_where_nothing_can_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], answer: Any
) -> None:
    with ScriptedServer(json_reply(answer), json_reply(made("good", 10))) as server:
        assert show(session(server, tmp_path), ["bad", "good"], as_json=False) == 1
    out, err = capsys.readouterr()
    assert "good" in out
    assert err
