"""Whatever goes wrong: one clear sentence, the request id where there is one, and nothing shown before is lost."""

from __future__ import annotations

import re
import signal
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from tests.end_to_end import words
from tests.end_to_end.batch_list import go_to, is_gone, list_is_shown, row_of, row_says, rows
from tests.end_to_end.homes import BATCH_TUI
from tests.end_to_end.served import KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.end_to_end.homes import Home
    from tests.end_to_end.served import SimulatorProcess
    from tests.end_to_end.terminal import Terminal

    Simulate = Callable[..., SimulatorProcess]
    Start = Callable[..., Terminal]

LIST = "/v1/messages/batches?"
"""Part of the path of list requests only."""


def _with_request_id(sentence: str) -> str:
    return rf"{sentence}.*{words.REQUEST_ID}"


def _is_alive(dashboard: Terminal) -> None:
    """The app answers keys: help opens and closes."""
    dashboard.press("?")
    dashboard.wait_for(words.HELP_KEYS)
    dashboard.press("escape")
    dashboard.wait_until_gone(words.HELP_KEYS)


def _wait_for_list(dashboard: Terminal) -> list[str]:
    """Wait until the list is there; the ids shown."""
    dashboard.wait_for(words.LIVE)
    dashboard.wait_for(list_is_shown)
    return [row.shown_id for row in rows(dashboard)]


# Credentials


def test_without_credentials_the_screen_says_what_to_set_and_d_starts_the_demo(start: Start) -> None:
    """A newcomer is never left with a traceback."""
    dashboard = start(columns=80, rows=24)
    dashboard.wait_for(words.NO_CREDENTIALS)
    dashboard.wait_for(words.WHAT_TO_SET)
    dashboard.press("escape")
    dashboard.stays_for(0.3, words.WHAT_TO_SET)
    dashboard.press("d")
    _wait_for_list(dashboard)
    assert dashboard.children, "the demo should run on a simulator"
    dashboard.press("q")
    dashboard.expect_exit(0)


def test_a_key_that_cannot_be_one_is_a_sentence_that_does_not_show_it(start: Start) -> None:
    """It says how a key looks; the key itself appears nowhere, and q leads out."""
    key = "schlüssel 123"
    dashboard = start(environment={"ANTHROPIC_API_KEY": key}, secrets=[key])
    dashboard.wait_for(words.BAD_KEY)
    dashboard.press("q")
    dashboard.expect_exit(0)


def test_a_refused_key_is_a_sentence_with_the_request_id(simulate: Simulate, watch: Start) -> None:
    """401, what to check, and the app goes on."""
    dashboard = watch(simulate("--api-key", "another-key").url, columns=80, rows=24)
    dashboard.wait_for(words.NO_BATCHES_LOADED)
    dashboard.wait_for(words.REFUSED_KEY)
    dashboard.wait_for(words.REQUEST_ID)
    _is_alive(dashboard)


# The network


def test_nobody_listening_is_a_sentence_until_somebody_does(simulate: Simulate, watch: Start) -> None:
    """The dashboard finds the server by itself once it is there."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
        dashboard = watch(f"http://127.0.0.1:{port}")
        dashboard.wait_for(words.NO_BATCHES_LOADED)
        dashboard.wait_for(words.NOT_LIVE)
        dashboard.wait_for(words.UNREACHABLE)
        _is_alive(dashboard)
    simulate("--batches", "20", port=port)
    _wait_for_list(dashboard)
    assert not re.search(words.NO_BATCHES_LOADED, dashboard.text)


def test_batches_stay_on_screen_when_the_server_dies_and_are_live_again_when_it_returns(
    simulate: Simulate, watch: Start
) -> None:
    """What was shown stays, marked as not live, with the reason."""
    simulator = simulate("--batches", "20", "--speed", "0.1")
    dashboard = watch(simulator.url, rows=40)
    shown = _wait_for_list(dashboard)
    simulator.stop(signal.SIGKILL)
    dashboard.press_until("r", words.NOT_LIVE)
    dashboard.wait_for(words.UNREACHABLE)
    assert [row.shown_id for row in rows(dashboard)] == shown
    dashboard.press("enter")
    dashboard.wait_for(words.DETAIL)
    dashboard.wait_for(words.NOT_LIVE)
    dashboard.press("q")
    dashboard.wait_for(list_is_shown)

    simulate("--batches", "20", "--speed", "0.1", port=simulator.port)
    dashboard.press_until("r", words.LIVE)
    dashboard.wait_until_gone(words.UNREACHABLE)
    assert row_of(dashboard, shown[-1]) is not None


# Answers that are none


def test_a_failed_poll_is_a_sentence_and_the_next_one_heals_it(simulate: Simulate, watch: Start) -> None:
    """Whatever the answer is, the batches stay; the sentence goes when the API answers again."""
    faults: list[tuple[dict[str, object], str]] = [
        ({"html": True}, r"502.*" + words.WEB_PAGE),
        ({"status": 500}, _with_request_id(r"500 api_error")),
        ({"status": 529}, _with_request_id(r"529 overloaded_error")),
        ({"status": 404}, _with_request_id(r"404 not_found_error")),
        ({"lose_response": True}, words.NOT_LIVE),
    ]
    simulator = simulate("--batches", "20", "--speed", "0.1")
    dashboard = watch(simulator.url)
    shown = _wait_for_list(dashboard)
    for fault, sentence in faults:
        simulator.arm(**fault, path=LIST, count=1000)
        dashboard.press_until("r", words.NOT_LIVE)
        dashboard.wait_for(sentence)
        # The sentence may cover three rows at most, once that before it has gone.
        dashboard.wait_for(lambda terminal: len(rows(terminal)) >= len(shown) - 3)
        still = [row.shown_id for row in rows(dashboard)]
        assert still == shown[: len(still)]
        simulator.disarm()
        dashboard.press_until("r", words.LIVE)
        dashboard.wait_for(lambda terminal: [row.shown_id for row in rows(terminal)] == shown)


def test_older_pages_that_fail_are_a_row_that_tries_again(simulate: Simulate, watch: Start) -> None:
    """The end of the list says what happened; Enter on it asks once more."""
    simulator = simulate("--speed", "0.1")
    dashboard = watch(simulator.url, columns=80, rows=24)
    _wait_for_list(dashboard)
    simulator.arm(status=500, path="after_id", count=1000)
    dashboard.press_until("G", words.OLDER_FAILED)
    simulator.disarm()
    dashboard.press_until("enter", lambda terminal: not re.search(words.OLDER_FAILED, terminal.text))
    dashboard.press_until("G", words.END_OF_LIST)


class _Gateway(BaseHTTPRequestHandler):
    """Answers everything with a page for people, as a captive portal or a wrong base URL does."""

    def do_GET(self) -> None:
        page = b"<!DOCTYPE html><html><head><title>Please sign in</title></head><body>Hello</body></html>"
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.send_header("content-length", str(len(page)))
        self.send_header("request-id", "req_gateway1")
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, format: str, *args: object) -> None:
        """Tests are quiet."""


@pytest.fixture
def gateway() -> Iterator[str]:
    """The address of a server that is no API."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Gateway) as server:
        serving = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        serving.join()


def test_a_web_page_instead_of_json_is_a_sentence_with_the_request_id(gateway: str, watch: Start) -> None:
    """Status 200 does not make it an answer."""
    dashboard = watch(gateway, columns=80, rows=24)
    dashboard.wait_for(words.NO_BATCHES_LOADED)
    dashboard.wait_for(words.WEB_PAGE)
    dashboard.wait_for(r"req_gateway1")
    _is_alive(dashboard)


# Batches that others change


def test_a_batch_deleted_elsewhere_vanishes_and_its_neighbours_stay(simulate: Simulate, watch: Start) -> None:
    """The cursor stays on its own batch."""
    simulator = simulate("--batches", "20", "--speed", "0.1")
    dashboard = watch(simulator.url)
    shown = _wait_for_list(dashboard)
    victim = next(batch["id"] for batch in simulator.newest() if batch["processing_status"] == "ended")
    below = go_to(dashboard, lambda row: row.says(words.ENDED) and not row.is_of(victim))
    row = row_of(dashboard, victim)
    assert row is not None
    simulator.delete(victim)
    dashboard.press_until("r", is_gone(victim))
    neighbours = [one for one in shown if one != row.shown_id]
    # A row that was below the screen may have moved up into the free place.
    now = [one.shown_id for one in rows(dashboard)][: len(neighbours)]
    assert now == neighbours[: len(now)]
    assert below.shown_id in now
    assert next(row.shown_id for row in rows(dashboard) if row.has_cursor) == below.shown_id
    assert re.search(words.LIVE, dashboard.text)


def test_deleting_a_batch_that_is_gone_already_is_a_sentence(simulate: Simulate, watch: Start) -> None:
    """While polling is paused the list cannot know; the 404 says so, with its request id, and one poll makes sure."""
    simulator = simulate("--batches", "20", "--speed", "0.1")
    dashboard = watch(simulator.url)
    _wait_for_list(dashboard)
    dashboard.press("p")
    dashboard.wait_for(words.PAUSED)
    victim = next(batch["id"] for batch in simulator.newest() if batch["processing_status"] == "ended")
    simulator.delete(victim)
    go_to(dashboard, lambda row: row.is_of(victim))
    dashboard.press("D")
    dashboard.wait_for(words.ASK_DELETE)
    dashboard.stays_for(0.4, words.ASK_DELETE)
    dashboard.press("y")
    dashboard.wait_for(words.GONE_ALREADY)
    dashboard.wait_for(words.REQUEST_ID)
    dashboard.wait_for(is_gone(victim))


def test_a_cancel_that_fails_is_a_sentence_and_the_batch_runs_on(simulate: Simulate, watch: Start) -> None:
    """The answer of the API is shown with its request id."""
    simulator = simulate("--batches", "20", "--speed", "0.1")
    dashboard = watch(simulator.url)
    _wait_for_list(dashboard)
    simulator.arm(method="POST", path="/cancel", status=400, message="Certainly-not-today.", count=10)
    target = go_to(dashboard, lambda row: row.says(words.RUNNING) and row.says("100,000"))
    batch_id = next(batch["id"] for batch in simulator.newest() if target.is_of(batch["id"]))
    dashboard.press("c")
    dashboard.wait_for(re.escape(batch_id))
    dashboard.wait_for(words.ASK_CANCEL)
    dashboard.stays_for(0.4, words.ASK_CANCEL)
    dashboard.press("y")
    dashboard.wait_for(r"Certainly-not-today")
    dashboard.wait_for(words.REQUEST_ID)
    dashboard.wait_for(row_says(batch_id, words.RUNNING))


# Results


def test_a_cut_results_stream_keeps_its_rows_and_can_be_completed(simulate: Simulate, watch: Start) -> None:
    """Cut twice, then refused: the rows that came stay, the sentences show, and P fetches the rest."""
    simulator = simulate("--batches", "40", "--speed", "0.1")
    dashboard = watch(simulator.url)
    _wait_for_list(dashboard)
    batch = next(
        batch
        for batch in simulator.newest()
        if batch["results_url"] and 300 <= batch["request_counts"]["succeeded"] <= 2_500
    )
    total = sum(batch["request_counts"].values())
    simulator.arm(cut_results_after=60_000, count=2)
    simulator.arm(path="/results", status=403, message="Not now.")

    go_to(dashboard, lambda row: row.is_of(batch["id"]))
    dashboard.press("v")
    dashboard.wait_for(words.RETRYING)
    dashboard.wait_for(words.STOPPED)
    dashboard.wait_for(words.TRY_AGAIN)
    dashboard.wait_for(_with_request_id(r"Not now"))
    kept = _row_count(dashboard)
    assert 0 < kept < total
    assert re.search(words.SUCCEEDED, dashboard.text), dashboard.text

    dashboard.press("P")
    dashboard.wait_for(words.SAVED)
    assert _row_count(dashboard) == total
    assert not re.search(words.TRY_AGAIN, dashboard.text)
    dashboard.press("G")
    dashboard.wait_for(rf"#{total:,} ")


def test_a_stream_that_is_cut_once_completes_by_itself(simulate: Simulate, watch: Start) -> None:
    """Also when the cut looks like a proper end."""
    simulator = simulate("--batches", "40", "--speed", "0.1")
    dashboard = watch(simulator.url)
    _wait_for_list(dashboard)
    batch = next(
        batch
        for batch in simulator.newest()
        if batch["results_url"] and 300 <= batch["request_counts"]["succeeded"] <= 2_500
    )
    simulator.arm(cut_results_after=60_000, clean_end=True)
    go_to(dashboard, lambda row: row.is_of(batch["id"]))
    dashboard.press("v")
    dashboard.wait_for(words.SAVED)
    assert _row_count(dashboard) == sum(batch["request_counts"].values())


def test_hostile_answers_reach_the_screen_only_as_harmless_text(simulate: Simulate, watch: Start) -> None:
    """Escape sequences in answers are shown, never sent; what was sent is checked when the program has ended."""
    simulator = simulate("--batches", "40", "--speed", "0.1")
    dashboard = watch(simulator.url)
    _wait_for_list(dashboard)
    batch, line, hostile = next(
        (batch, number, line["custom_id"])
        for batch in simulator.newest()
        if batch["results_url"] and sum(batch["request_counts"].values()) < 500
        for number, line in enumerate(simulator.results(batch["id"]))
        if "\x1b]" in _text(line)
    )
    custom_id = re.escape(hostile)
    go_to(dashboard, lambda row: row.is_of(batch["id"]))
    dashboard.press("v")
    dashboard.wait_for(words.SAVED)
    dashboard.press(*"j" * line, "enter")
    dashboard.wait_for(rf"{custom_id}\s+succeeded")
    dashboard.wait_for("␛]")
    dashboard.press_until("tab", words.RAW_CUSTOM_ID.format(custom_id))
    dashboard.press("escape")
    dashboard.press_until("pagedown", rf"#{sum(batch['request_counts'].values()):,} ")


def _text(line: dict[str, Any]) -> str:
    blocks = line["result"].get("message", {}).get("content", [])
    return "".join(block.get("text", "") for block in blocks)


def _row_count(dashboard: Terminal) -> int:
    found = re.search(words.ROWS, dashboard.text)
    assert found is not None, dashboard.text
    return int(found[1].replace(",", ""))


# No terminal


@pytest.mark.parametrize("arguments", [[], ["demo"]], ids=["dashboard", "demo"])
def test_without_a_terminal_there_is_a_sentence_and_exit_code_2(home: Home, arguments: list[str]) -> None:
    """Piped input or output cannot carry a dashboard."""
    done = home.run(BATCH_TUI, *arguments, environment={"ANTHROPIC_API_KEY": KEY})
    assert done.returncode == 2
    assert done.stdout == ""
    assert words.NEEDS_TERMINAL in done.stderr
    assert "Traceback" not in done.stderr
    assert KEY not in done.stderr
