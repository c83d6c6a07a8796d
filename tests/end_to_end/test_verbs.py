"""`results` and `cache`: data on stdout, narration on stderr, exit codes that scripts can rely on."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from batch_tui.simulator import Simulator
from tests.api import samples
from tests.api.scripted_server import Reply, ScriptedServer, json_reply
from tests.end_to_end.homes import BATCH_TUI

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

    from tests.end_to_end.homes import Home

KEY = {"ANTHROPIC_API_KEY": "sk-ant-test-verbs"}


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(batches=30) as running:
        yield running


def run(home: Home, url: str, *arguments: str, key: bool = True) -> subprocess.CompletedProcess[str]:
    return home.run(BATCH_TUI, "--base-url", url, *arguments, environment=KEY if key else {})


def batches(simulator: Simulator) -> list[dict[str, Any]]:
    from batch_tui.api import BatchClient

    with BatchClient(api_key="k", base_url=simulator.url) as client:
        return [batch.model_dump() for batch in client.messages.batches.list(limit=100).data]


def with_errors(simulator: Simulator) -> dict[str, Any]:
    return next(one for one in batches(simulator) if one["results_url"] and one["request_counts"]["errored"] > 3)


def test_results_are_fetched_once_filtered_and_kept(home: Home, simulator: Simulator) -> None:
    batch = with_errors(simulator)
    done = run(home, simulator.url, "results", batch["id"], "--filter", "type:errored")
    assert done.returncode == 0
    kinds = [json.loads(line)["result"]["type"] for line in done.stdout.split("\n") if line]
    assert kinds == ["errored"] * batch["request_counts"]["errored"]
    asked = simulator.request_count
    done = run(home, simulator.url, "results", batch["id"], key=False)
    assert done.stdout.count("\n") == sum(batch["request_counts"].values())
    assert simulator.request_count == asked
    listed = run(home, simulator.url, "cache", key=False)
    assert batch["id"] in listed.stdout
    assert "complete" in listed.stdout


def test_what_was_stored_without_being_verified_can_be_fetched_again(home: Home, simulator: Simulator) -> None:
    batch_id = with_errors(simulator)["id"]
    first = run(home, simulator.url, "results", batch_id)
    (path,) = home.path.rglob("msgbatch_*.jsonl")
    doubled = first.stdout.splitlines(keepends=True)
    path.write_text("".join(doubled[:1] * len(doubled)))
    path.with_suffix(".about.json").unlink()
    done = run(home, simulator.url, "results", batch_id)
    assert done.returncode == 1
    assert "without being verified as complete. batch-tui results --again fetches them anew." in done.stderr
    assert run(home, simulator.url, "results", batch_id, "--again", "--offline").returncode == 2
    done = run(home, simulator.url, "results", batch_id, "--again")
    assert (done.returncode, done.stdout) == (0, first.stdout)
    assert run(home, simulator.url, "results", batch_id, "--offline").stdout == first.stdout


def test_what_is_missing_is_told_each_time(home: Home) -> None:
    """Not only by the run that fetched them."""
    counts = {"processing": 0, "succeeded": 3, "errored": 0, "canceled": 0, "expired": 0}
    batch = json_reply(samples.batch(processing_status="ended", request_counts=counts))
    with ScriptedServer(batch, Reply(body=samples.succeeded("a") + b"\n" + samples.succeeded("a") + b"\n")) as server:
        first, *later = [run(home, server.url, "results", samples.batch()["id"]) for _ in range(3)]
    for done in (first, *later):
        assert done.returncode == 1
        assert "1 line missing: the batch has 3 requests, the file 2 lines." in done.stderr
        assert "1 line repeats a custom_id: a." in done.stderr


def test_results_make_room_as_the_dashboard_does(home: Home, simulator: Simulator) -> None:
    home.config_file("cache_limit_gb = 0.000001")
    first, second, third = [one["id"] for one in batches(simulator) if one["results_url"] and not one["archived_at"]][
        :3
    ]
    assert run(home, simulator.url, "results", first).returncode == 0
    run(home, simulator.url, "cache", "pin", first)
    assert "Dropped" not in run(home, simulator.url, "results", second).stderr
    done = run(home, simulator.url, "results", third)
    assert done.returncode == 0
    assert f"least recently used: {second}." in done.stderr
    left = run(home, simulator.url, "cache").stdout
    assert [one in left for one in (first, second, third)] == [True, False, True]
    told = run(home, simulator.url, "cache", "prune", "--batch", first, "--dry-run").stdout
    assert told.rstrip().endswith("pinned")


def test_a_stored_file_that_was_changed_behind_all_looks_is_not_called_complete(
    home: Home, simulator: Simulator
) -> None:
    """Its size and its times are the old ones, and so is what the samples of every opening see."""
    batch_id = with_errors(simulator)["id"]
    first = run(home, simulator.url, "results", batch_id)
    (path,) = home.path.rglob("msgbatch_*.jsonl")
    before, text = path.stat(), path.read_bytes()
    place = next(at for at in range(65_536, len(text)) if text[at : at + 6] == b'"text"' and _unseen(at, len(text)))
    path.write_bytes(text[: place + 1] + b"T" + text[place + 2 :])
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    done = run(home, simulator.url, "results", batch_id, "--offline")
    assert done.returncode == 1
    assert "does not say any more what was stored" in done.stderr
    assert "not verified" in run(home, simulator.url, "cache").stdout
    done = run(home, simulator.url, "results", batch_id, "--again")
    assert (done.returncode, done.stdout) == (0, first.stdout)


def _unseen(place: int, size: int) -> bool:
    """Whether a place lies between the sixteen samples of 64 KB."""
    step = (size - 65_536) // 15
    return place % step > 66_000


def test_the_ending_of_the_file_says_the_format_and_nothing_is_overwritten(home: Home, simulator: Simulator) -> None:
    batch_id = with_errors(simulator)["id"]
    target = home.path / "rows.csv"
    arguments = ("results", batch_id, "--filter", "type:errored line:..400", "--column", "custom_id", "-o", str(target))
    assert run(home, simulator.url, *arguments).returncode == 0
    header = target.read_text().splitlines()[0]
    assert header == "custom_id,kind,stop_reason,model,input_tokens,output_tokens,custom_id,text"
    again = run(home, simulator.url, *arguments)
    assert (again.returncode, "--force" in again.stderr) == (1, True)
    assert run(home, simulator.url, *arguments, "--force").returncode == 0


def test_a_summary_says_what_it_cost(home: Home, simulator: Simulator) -> None:
    done = run(home, simulator.url, "results", with_errors(simulator)["id"], "--summary")
    assert "COST AT BATCH PRICE" in done.stdout


def test_prices_of_ones_own_are_taken_and_broken_ones_are_a_sentence(home: Home, simulator: Simulator) -> None:
    batch = with_errors(simulator)
    models = sorted({str(line["result"]["message"]["model"]) for line in answers(home, simulator, batch["id"])})
    rates = "\n".join(f"{name} = 0" for name in ("input", "cache_write_5m", "cache_write_1h", "cache_read", "output"))
    own = home.path / "config" / "batch-tui" / "prices.toml"
    own.parent.mkdir(parents=True, exist_ok=True)
    own.write_text(
        f"web_search_per_thousand = 0\n[[price]]\nmodels = {json.dumps(models)}\n{rates}\n", encoding="utf-8"
    )
    done = run(home, simulator.url, "results", batch["id"], "--summary")
    assert "$0.00" in done.stdout
    assert "prices of your own" in done.stdout
    own.write_text("[[price]", encoding="utf-8")
    done = run(home, simulator.url, "results", batch["id"], "--summary")
    assert done.returncode == 0
    assert "prices.toml are not TOML" in done.stderr
    assert "built-in prices were used" in done.stderr
    assert "$0.00" not in done.stdout


def answers(home: Home, simulator: Simulator, batch_id: str) -> list[dict[str, Any]]:
    done = run(home, simulator.url, "results", batch_id, "--filter", "type:succeeded")
    return [json.loads(line) for line in done.stdout.split("\n") if line]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("RUNNING",), 4, "has not ended"),
        (("msgbatch_nobody",), 1, "404"),
        (("ENDED", "--filter", "colour:red"), 2, "there is no colour"),
        (("ENDED", "--column", "a..b"), 2, "cannot be read"),
        (("ENDED", "-o", "rows.docx"), 2, "does not say which format"),
        (("ENDED", "--offline"), 1, "Nothing whole is stored"),
    ],
)
def test_what_cannot_be_done_is_a_sentence_and_a_code(
    home: Home, simulator: Simulator, arguments: tuple[str, ...], code: int, said: str
) -> None:
    running = next(one["id"] for one in batches(simulator) if one["processing_status"] != "ended")
    names = {"RUNNING": running, "ENDED": with_errors(simulator)["id"]}
    done = run(home, simulator.url, "results", *(names.get(one, one) for one in arguments))
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_without_a_key_or_a_server_stored_results_are_all_there_is(home: Home) -> None:
    nowhere = "http://127.0.0.1:9"
    done = run(home, nowhere, "results", "msgbatch_x", key=False)
    assert (done.returncode, "ANTHROPIC_API_KEY" in done.stderr) == (2, True)
    done = run(home, nowhere, "results", "msgbatch_x")
    assert (done.returncode, "Could not connect" in done.stderr) == (3, True)


def test_a_cut_body_is_kept_and_the_same_command_goes_on(home: Home, simulator: Simulator) -> None:
    batch = with_errors(simulator)
    simulator.arm(cut_results_at=0.5, count=20)
    done = run(home, simulator.url, "results", batch["id"])
    assert (done.returncode, done.stdout) == (3, "")
    assert "goes on" in done.stderr
    simulator.disarm()
    done = run(home, simulator.url, "results", batch["id"])
    assert (done.returncode, done.stdout.count("\n")) == (0, sum(batch["request_counts"].values()))


def test_a_reader_that_has_enough_ends_it_quietly(home: Home, simulator: Simulator) -> None:
    batch_id = with_errors(simulator)["id"]
    line = f"{BATCH_TUI} --base-url {simulator.url} results {batch_id} | head -1"
    done = home.run("bash", "-c", line, environment=KEY)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 1


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="a disk that is always full is needed")
def test_a_full_disk_is_a_sentence(home: Home, simulator: Simulator) -> None:
    done = home.run("bash", "-c", f"{BATCH_TUI} --base-url {simulator.url} list > /dev/full", environment=KEY)
    assert done.returncode == 1
    assert "could not be written: No space left on device." in done.stderr
    assert "Traceback" not in done.stderr


def test_a_cache_that_is_no_directory_is_a_sentence(home: Home) -> None:
    (home.path / "results").write_text("")
    for arguments in (("cache",), ("cache", "path", "x"), ("cache", "prune", "--to", "0", "--yes")):
        done = home.run(BATCH_TUI, "--cache-dir", str(home.path), *arguments)
        assert (done.returncode, "Not a directory" in done.stderr, "Traceback" in done.stderr) == (1, True, False)


def test_a_terminal_of_few_characters_gets_the_others_escaped(home: Home, simulator: Simulator) -> None:
    done = home.run(BATCH_TUI, "--base-url", simulator.url, "list", environment=KEY | {"PYTHONIOENCODING": "latin-1"})
    assert (done.returncode, "\\u2026" in done.stdout) == (0, True), done.stderr


def test_the_cache_is_pruned_after_asking_and_never_what_is_pinned(home: Home, simulator: Simulator) -> None:
    first, second, *_ = [one["id"] for one in batches(simulator) if one["results_url"]]
    for batch_id in (first, second):
        run(home, simulator.url, "results", batch_id)
    assert run(home, simulator.url, "cache", "pin", first).returncode == 0
    asked = run(home, simulator.url, "cache", "prune", "--to", "0")
    assert (asked.returncode, "--yes" in asked.stderr) == (2, True)
    would = run(home, simulator.url, "cache", "prune", "--to", "0", "--dry-run")
    assert second in would.stdout
    assert first not in would.stdout
    assert run(home, simulator.url, "cache", "prune", "--to", "0", "--yes").returncode == 0
    left = [json.loads(line) for line in run(home, simulator.url, "cache", "--json").stdout.splitlines()]
    assert [(one["batch_id"], one["pinned"], one["verified"]) for one in left] == [(first, True, True)]
    path = run(home, simulator.url, "cache", "path", first).stdout.strip()
    assert path == left[0]["path"]
    for wrong in (("prune",), ("prune", "--older-than", "soon"), ("prune", "--to", "much"), ("prune", "--batch", "x")):
        assert run(home, simulator.url, "cache", *wrong).returncode == 2
    assert run(home, simulator.url, "cache", "path", "nobody").returncode == 1


def test_the_key_is_in_no_file_of_the_home(home: Home, simulator: Simulator) -> None:
    run(home, simulator.url, "results", with_errors(simulator)["id"])
    assert home.files_with(KEY["ANTHROPIC_API_KEY"].encode()) == []


def test_an_option_of_the_program_behind_the_verb_is_told_its_place(home: Home) -> None:
    done = home.run(BATCH_TUI, "list", "--base-url", "http://127.0.0.1:9")
    assert (done.returncode, "It goes before the verb: batch-tui --base-url" in done.stderr) == (2, True)


def test_totals_of_some_rows_are_not_promised(home: Home) -> None:
    done = run(home, "http://127.0.0.1:9", "results", "msgbatch_x", "--summary", "--filter", "type:errored")
    assert (done.returncode, "--summary is of all rows" in done.stderr) == (2, True)


def test_a_dash_is_stdout(home: Home, simulator: Simulator) -> None:
    batch_id = with_errors(simulator)["id"]
    done = run(home, simulator.url, "results", batch_id, "--format", "csv", "-o", "-")
    assert done.stdout.startswith("custom_id,")
    assert not (home.path / "-").exists()


def test_a_file_of_prices_of_another_make_is_not_passed_over(home: Home, simulator: Simulator) -> None:
    home.config_file("").with_name("prices.toml").write_text('[models."claude-opus-5-5"]\ninput = 1\n')
    done = run(home, simulator.url, "doctor", "--offline")
    assert (done.returncode, "has no use for 'models'" in done.stdout) == (1, True)
