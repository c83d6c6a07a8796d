"""Starting and stopping: ports, hosts, signals, other threads."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
from typing import Any

import pytest
from anthropic import Anthropic

from batch_tui.simulator import ManualClock, Simulator
from tests.simulator.wire_client import BATCHES, ask


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.4", "::", "example.com", ""])
def test_only_loopback_is_served(host: str) -> None:
    """The simulator is for this machine."""
    with pytest.raises(ValueError, match="loopback"):
        Simulator(host=host)


@pytest.mark.parametrize(
    "wrong", [{"batches": -1}, {"speed": -1.0}, {"counts": "fast"}, {"results_bytes_per_second": 0}]
)
def test_arguments_out_of_range_are_refused(wrong: dict[str, Any]) -> None:
    """Before anything is started, with the offending value."""
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Simulator(**wrong)


def test_a_taken_port_is_said_to_be_taken() -> None:
    """With the number and what to do."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=f"Port {port} on 127.0.0.1 is already in use"), Simulator(port=port):
            pass


def test_a_simulator_can_be_entered_again_and_keeps_its_state() -> None:
    """What was deleted stays deleted; the URL is known only while it runs."""
    simulator = Simulator(now=ManualClock(), batches=3, live=False)
    with pytest.raises(RuntimeError, match="not running"):
        _ = simulator.url
    with simulator:
        assert ask(simulator.url, "DELETE", f"{BATCHES}/{simulator.past_batch_id(0)}").status == 200
    with simulator, pytest.raises(RuntimeError, match="already running"), simulator:
        pass
    with simulator:
        assert len(ask(simulator.url, "GET", BATCHES).json["data"]) == 2


def test_what_with_gives_is_the_url_and_the_simulator() -> None:
    """Any client takes it for its base URL; what is armed, asked or moved on there happens to the one server."""
    simulator = Simulator(now=ManualClock(), batches=1, live=False)
    with simulator as url:
        assert isinstance(url, str)
        assert url == simulator.url == url.url
        assert f"{url}{BATCHES}".startswith("http://127.0.0.1:")
        url.arm(status=529)
        with Anthropic(api_key="any", base_url=url, max_retries=1) as client:
            assert len(client.messages.batches.list().data) == 1
        assert [served.status for served in simulator.requests()] == [529, 200]
        assert simulator.request_count == url.request_count == 2
    with pytest.raises(RuntimeError, match="not running"):
        _ = url.url


def test_two_run_side_by_side() -> None:
    """Each on its own port with its own past."""
    with Simulator(seed=1, live=False) as one, Simulator(seed=2, live=False) as two:
        assert one.url != two.url
        pages = {ask(each.url, "GET", f"{BATCHES}?limit=1").json["first_id"] for each in (one, two)}
        assert len(pages) == 2


def test_stopping_does_not_wait_for_a_slow_download() -> None:
    """A client that reads slowly is let go."""
    with Simulator(batches=20, live=False, results_bytes_per_second=10_000) as simulator:
        host, port = simulator.url.removeprefix("http://").split(":")
        line = socket.create_connection((host, int(port)), timeout=10)
        path = f"{BATCHES}/{simulator.past_batch_id(11)}/results"
        head = "x-api-key: test-key\r\nanthropic-version: 2023-06-01\r\n"
        line.sendall(f"GET {path} HTTP/1.1\r\nhost: x\r\n{head}\r\n".encode())
        assert line.recv(100).startswith(b"HTTP/1.1 200")
    line.close()


def test_signal_handlers_are_left_alone() -> None:
    """A dashboard in the main thread keeps its own."""
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with Simulator(batches=1):
        assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_serve_says_when_it_is_ready_and_stops_when_told() -> None:
    """From a thread, as another program would."""
    stop, ready, urls = threading.Event(), threading.Event(), []
    simulator = Simulator(batches=2, live=False)

    def announce(url: str) -> None:
        urls.append(url)
        ready.set()

    thread = threading.Thread(target=simulator.serve, kwargs={"on_ready": announce, "until": stop.is_set})
    thread.start()
    try:
        assert ready.wait(10)
        assert len(ask(urls[0], "GET", BATCHES).json["data"]) == 2
    finally:
        stop.set()
        thread.join(10)
    assert not thread.is_alive()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_signal_ends_serve_without_a_traceback(number: signal.Signals) -> None:
    """The command prints its address, and nothing else."""
    program = (
        "import sys; from batch_tui.simulator import Simulator; "
        "sys.exit(Simulator(batches=1).serve(on_ready=lambda url: print(url, flush=True)))"
    )
    command = [sys.executable, "-W", "error", "-c", program]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert ask(url, "GET", BATCHES).status == 200
        process.send_signal(number)
        rest, errors = process.communicate(timeout=20)
    assert (rest, errors) == ("", "")
    assert process.returncode == number


def test_naming_the_package_loads_no_server() -> None:
    """`batch_tui.cli` may mention the simulator for free."""
    program = (
        "import sys, batch_tui.simulator; "
        "print([name for name in ('uvicorn', 'starlette', 'msgspec') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_default_clock_runs_as_fast_as_asked() -> None:
    """A thousand hours later in an instant of real time everything of the opening has ended."""
    with Simulator(batches=0, speed=1e9) as simulator:
        ids = [batch["id"] for batch in ask(simulator.url, "GET", f"{BATCHES}?limit=1").json["data"]]
        assert ask(simulator.url, "GET", f"{BATCHES}/{ids[0]}").status == 200
        assert ask(simulator.url, "GET", f"{BATCHES}/{ids[0]}").json["processing_status"] == "ended"
