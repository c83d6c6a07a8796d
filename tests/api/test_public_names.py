"""What `batch_tui.api` offers, what importing it costs, and the loop of the documentation."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

import batch_tui.api as api
from batch_tui.api import BatchClient
from tests.api import samples
from tests.api.scripted_server import Reply, ScriptedServer, json_reply

if TYPE_CHECKING:
    from collections.abc import Callable


def test_every_public_name_is_importable_and_listed_once() -> None:
    assert len(api.__all__) == len(set(api.__all__))
    for name in api.__all__:
        assert getattr(api, name) is not None, name
    with pytest.raises(AttributeError):
        _ = api.NoSuchName  # type: ignore[attr-defined]  # that is the point


@pytest.mark.parametrize(
    "module", ["models", "result_models", "errors", "params", "retry", "jsonl", "calls", "credentials"]
)
def test_values_and_errors_come_without_the_network_stack(module: str) -> None:
    code = f"import sys, batch_tui.api.{module}; sys.exit('httpx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_loop_of_the_documentation_runs_unchanged(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = b"\n".join([samples.succeeded("req-1", "Hello back"), samples.errored("req-2")])
    with ScriptedServer(
        json_reply(samples.batch()),
        json_reply(samples.batch()),
        json_reply(samples.batch(processing_status="ended")),
        Reply(body=lines),
    ) as server:
        monkeypatch.setattr(time, "sleep", lambda seconds: None)
        client = BatchClient("test-key", base_url=server.url)
        print_ = output_of(client)
        print_()
        client.close()
    assert capsys.readouterr().out == "Hello back\nError: model: x\n"
    assert [asked.method for asked in server.asked] == ["POST", "GET", "GET", "GET"]


def output_of(client: BatchClient) -> Callable[[], None]:
    def run() -> None:
        batch = client.messages.batches.create(
            requests=[
                {
                    "custom_id": "req-1",
                    "params": {
                        "model": "claude-sonnet-4-5-20250929",
                        "max_tokens": 1024,
                        "messages": [{"role": "user", "content": "Hello"}],
                    },
                }
            ]
        )
        while True:
            batch = client.messages.batches.retrieve(batch.id)
            if batch.processing_status == "ended":
                break
            time.sleep(60)
        for response in client.messages.batches.results(batch.id):
            if response.result.type == "succeeded":
                print(response.result.message.content[0].text)  # type: ignore[union-attr]  # noqa: T201  (as the SDK's users write it)
            elif response.result.type == "errored":
                print(f"Error: {response.result.error.message}")  # noqa: T201  (as its users write it)

    return run
