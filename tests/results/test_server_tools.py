"""Uses of server tools, and answers that cost more than the plain batch price."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from batch_tui.results.pricing import Prices
from batch_tui.results.server_tools import count_server_tools
from batch_tui.results.surcharges import Surcharges
from tests.results.lines import body, errored, succeeded

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_tui.results.results_file import ResultsFile

    Opened = Callable[[bytes], ResultsFile]


def used(name: str, *, text: str = "hi", **uses: Any) -> dict[str, Any]:
    return succeeded(name, text=text, usage={"input_tokens": 1, "output_tokens": 1, "server_tool_use": uses or None})


def test_every_kind_of_tool_is_counted(opened: Opened) -> None:
    file = opened(
        body(
            used("a", web_search_requests=2, web_fetch_requests=0),
            used("b"),
            errored("c"),
            used("d", web_search_requests=1, code_execution_requests=4, telepathy_requests=1),
        )
    )
    assert count_server_tools(file) == {"code_execution": 4, "web_search": 3, "telepathy": 1}


def test_what_an_answer_says_of_tools_is_no_use_of_them(opened: Opened) -> None:
    said = '{"server_tool_use": {"web_search_requests": 9}}'
    assert count_server_tools(opened(body(used("a", text=said)))) == {}


def test_odd_counts_and_odd_lines_are_passed_over(opened: Opened) -> None:
    odd = (
        b'{"custom_id":"x","result":{"type":"succeeded","message":{"usage":{"server_tool_use" : {"a_requests":"1"}}}}}'
    )
    huge = b'{"server_tool_use":{"web_search_requests":1}}'
    cut = b'{"server_tool_use":{"web_search'
    assert count_server_tools(opened(body(odd, huge, cut, used("a", web_search_requests=1)))) == {"web_search": 1}


def calling(name: str, *servers: object, **uses: Any) -> dict[str, Any]:
    line = used(name, **uses)
    blocks = [{"type": "mcp_tool_use", "id": "m", "name": "echo", "input": {}, "server_name": one} for one in servers]
    line["result"]["message"]["content"] += blocks
    return line


def test_calls_to_mcp_servers_are_counted_by_their_blocks(opened: Opened) -> None:
    file = opened(
        body(
            calling("a", "git_hub", "git_hub", "tickets"),
            calling("b", "git_hub", web_search_requests=2),
            calling("c", None, 7),
            used("d", text='a "mcp_tool_use" in words'),
        )
    )
    counted = {"mcp git_hub": 3, "web_search": 2, "mcp server without a name": 2, "mcp tickets": 1}
    assert count_server_tools(file) == counted


@pytest.mark.parametrize("length", range(2**20 - 400, 2**20 - 100, 20))
def test_a_use_on_the_border_of_two_slices_counts_once(opened: Opened, length: int) -> None:
    file = opened(body(used("a", text="x" * length, web_search_requests=1), used("b", web_search_requests=1)))
    assert count_server_tools(file) == {"web_search": 2}


def test_answers_at_a_higher_price_are_counted(opened: Opened) -> None:
    def answer(name: str, model: str, geo: str = "global", **tokens: int) -> dict[str, Any]:
        return succeeded(name, model=model, usage={"output_tokens": 1, "inference_geo": geo, **tokens})

    file = opened(
        body(
            answer("a", "claude-opus-5-5", "us", input_tokens=1),
            answer("b", "claude-haiku-4-5", "us", input_tokens=1),
            answer("c", "claude-haiku-5-5", input_tokens=100_000),
            answer("d", "claude-haiku-5-5", "us", input_tokens=60_000, cache_read_input_tokens=40_001),
            answer("e", "claude-opus-5-5", input_tokens=900_000),
            errored("f"),
        )
    )
    # Only models from 4.6 on have a price of their own for the US; only Haiku 5.5 has one for long prompts.
    assert Surcharges.of(file, Prices.load()) == Surcharges(us_rows=2, long_rows=1)
