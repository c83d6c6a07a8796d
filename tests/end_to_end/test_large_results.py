"""200 MB of results in a real terminal: to the end, searched, filtered, written out, handed to a pager."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.benchmarks.data import ROWS, results_file
from tests.benchmarks.serve import serving
from tests.end_to_end.served import KEY

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.end_to_end.homes import Home
    from tests.end_to_end.terminal import Terminal


def test_all_that_is_done_with_large_results(home: Home, start: Callable[..., Terminal]) -> None:
    file = results_file(text_bytes=1_500, mixture="plain")
    errored = file.read_bytes().count(b'"result":{"type":"errored"')
    pager = home.path / "pager"
    pager.write_text('#!/bin/sh\ncp "$1" "$HOME/paged.json"\n')
    pager.chmod(0o700)
    with serving(file, ROWS, errored) as url:
        dashboard = start(
            "--base-url",
            url,
            environment={"ANTHROPIC_API_KEY": KEY, "PAGER": str(pager)},
            columns=160,
            rows=48,
            patience=60,
        )
        dashboard.wait_for("msgbatch_bench")
        dashboard.press("v")
        dashboard.wait_for("request-000000")
        dashboard.press("G")
        dashboard.wait_for("saved, complete")
        dashboard.wait_for("request-099999")

        # As an impatient person does, who waits for no line to open.
        dashboard.press("g", "/", *"Zanzibar")
        dashboard.wait_for(r"9,\d\d\d hits in 100,000 rows")
        dashboard.press("enter")
        dashboard.wait_until_gone("enter Keep")
        dashboard.press("#", *"777", "enter")
        dashboard.wait_for("request-000776")
        dashboard.press("=", "backspace", *"result.message.model", "enter")
        dashboard.wait_for(r"…MESSAGE\.MODEL")
        dashboard.press("f", *"type:errored")
        dashboard.wait_for(f"{errored:,} of 100,000 rows")
        dashboard.press("enter")
        dashboard.wait_until_gone("enter Keep")

        dashboard.press("w")
        dashboard.wait_for("Write to a file")
        dashboard.press("enter")
        dashboard.wait_for(f"Write {errored:,} shown rows")
        dashboard.press("enter")
        dashboard.wait_for(f"Wrote {errored:,} rows")
        written = (home.path / "msgbatch_bench_shown.jsonl").read_bytes().splitlines()
        assert len(written) == errored
        assert all(json.loads(line)["result"]["type"] == "errored" for line in written)

        dashboard.press("y")
        dashboard.wait_for("open in .PAGER")
        dashboard.press("p")
        dashboard.wait_for(lambda _: (home.path / "paged.json").exists())
        dashboard.wait_for("Press enter")
        dashboard.press("enter")
        dashboard.wait_for("CUSTOM_ID")
        assert json.loads((home.path / "paged.json").read_text())["result"]["type"] == "errored"
        dashboard.press("q")
        dashboard.wait_until_gone("CUSTOM_ID")
        dashboard.press("q")
        dashboard.expect_exit()
