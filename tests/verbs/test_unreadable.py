"""Batches that the API answers with nonsense about: verbs give the rest, name what is bad, and end with 1."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from batch_tui.verbs.changing import Change, change
from batch_tui.verbs.looking import list_batches, show
from batch_tui.verbs.waiting import Wait
from tests.api.scripted_server import Reply, ScriptedServer, json_reply
from tests.monitor.list_server import made
from tests.results.lines import body, succeeded
from tests.verbs.asked import give, session

if TYPE_CHECKING:
    from pathlib import Path


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


@pytest.mark.parametrize("as_json", [True, False])
def test_cancel_needs_no_more_than_the_state(tmp_path: Path, capsys: pytest.CaptureFixture[str], as_json: bool) -> None:
    bad = made("bad", 20, status="in_progress") | _PARTLY_BAD
    canceling = bad | {"processing_status": "canceling"}
    with ScriptedServer(json_reply(bad), json_reply(canceling)) as server:
        assert change(session(server, tmp_path), "cancel", ["bad"], yes=True, as_json=as_json) == 0
        assert [(one.method, one.path) for one in server.asked][1:] == [("POST", "/v1/messages/batches/bad/cancel")]
    out, err = capsys.readouterr()
    assert "bad could not be read whole: created_at, request_counts." in err
    assert "how many is not known" in err
    if as_json:
        assert json.loads(out) == canceling
    else:
        # Nothing that the API did not say.
        assert out.split() == ["bad", "canceling", *["unknown"] * 6, "…", "unknown"]


def test_delete_needs_no_more_than_the_state(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = made("bad", 20) | _PARTLY_BAD
    receipt = {"id": "bad", "type": "message_batch_deleted"}
    with ScriptedServer(json_reply(bad), json_reply(receipt)) as server:
        assert change(session(server, tmp_path), "delete", ["bad"], yes=True, as_json=False) == 0
    out, err = capsys.readouterr()
    assert "bad is deleted." in out
    assert "Its results are not saved here and will be gone." in err
    assert "request" not in err.replace("request_counts", "").replace("unknown requests", "")


@pytest.mark.parametrize("verb", ["cancel", "delete"])
@pytest.mark.parametrize("answer", [made("bad", 20) | {"processing_status": None}, {"id": 7}, []])
def test_nothing_is_done_to_one_whose_state_cannot_be_read_but_to_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], verb: Change, answer: Any
) -> None:
    good = made("good", 10, status="ended" if verb == "delete" else "in_progress")
    done = {"id": "good", "type": "message_batch_deleted"} if verb == "delete" else good
    with ScriptedServer(json_reply(answer), json_reply(good), json_reply(done)) as server:
        assert change(session(server, tmp_path), verb, ["bad", "good"], yes=True, as_json=False) == 1
        assert [one.method for one in server.asked] == ["GET", "GET", "POST" if verb == "cancel" else "DELETE"]
    out, err = capsys.readouterr()
    assert "good" in out
    assert err


_TWO_ROWS = Reply(200, body(succeeded("a"), succeeded("b")), {"content-type": "application/x-jsonl"})


@pytest.mark.parametrize("odd", [_PARTLY_BAD, {"processing_status": [], "results_url": "https://api/results"}])
def test_results_come_though_other_things_cannot_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], odd: dict[str, Any]
) -> None:
    bad = made("bad", 20) | {"request_counts": {"succeeded": 2}} | odd
    counted = "request_counts" not in odd
    with ScriptedServer(json_reply(bad), _TWO_ROWS) as server:
        assert give("bad", server, tmp_path) == (0 if counted else 1)
        stored = session(server, tmp_path).store().stored("bad")
    out, err = capsys.readouterr()
    assert [json.loads(line)["custom_id"] for line in out.splitlines()] == ["a", "b"]
    assert f"bad could not be read whole: {', '.join(sorted(odd.keys() - {'results_url'}))}." in err
    assert ("request counts are not known" in err) is not counted
    # No counts that the API did not give are remembered of it.
    assert stored is not None
    assert odd.keys().isdisjoint((stored.batch or {}).keys() - {"results_url"})


def test_results_of_a_batch_of_which_nobody_knows_whether_it_ended(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with ScriptedServer(json_reply(made("bad", 20) | {"processing_status": 3})) as server:
        assert give("bad", server, tmp_path) == 1
        assert len(server.asked) == 1
    assert "whether it has ended" in capsys.readouterr().err


def test_results_of_one_that_runs_are_not_ready_whatever_cannot_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with ScriptedServer(json_reply(made("bad", 20, status="in_progress") | _PARTLY_BAD)) as server:
        assert give("bad", server, tmp_path) == 4
    assert "bad has not ended: there are no results yet." in capsys.readouterr().err
