"""What others would write, to compare with: `python -m tests.benchmarks.peers sdk URL | table FILE | empty`."""

from __future__ import annotations

import json
import sys

from textual import work
from textual.app import App, ComposeResult
from textual.widgets import DataTable, Static

_AT_ONCE = 1000


class _Table(App[None]):
    """Rows in a DataTable, a thousand at a time."""

    def compose(self) -> ComposeResult:
        yield DataTable(cursor_type="row")

    def on_mount(self) -> None:
        self.query_one(DataTable).add_columns("#", "custom_id", "kind", "stop", "in", "out", "answer")
        self.fill()

    def fill(self) -> None:
        """Add the rows."""
        raise NotImplementedError


class FromSdk(_Table):
    """The official SDK into a DataTable."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    def fill(self) -> None:
        self._fill()

    @work
    async def _fill(self) -> None:
        from anthropic import AsyncAnthropic

        table = self.query_one(DataTable)
        rows: list[tuple[object, ...]] = []
        client = AsyncAnthropic(api_key="k", base_url=self._url)
        number = 0
        async for one in await client.messages.batches.results("msgbatch_bench"):
            number += 1
            said: tuple[object, ...] = ("", "", "", "")
            if one.result.type == "succeeded":
                message = one.result.message
                text = next((block.text for block in message.content if block.type == "text"), "")
                said = (message.stop_reason, message.usage.input_tokens, message.usage.output_tokens, text[:300])
            # Markup in an answer would end the app.
            rows.append((number, one.custom_id, one.result.type, *[str(each).replace("[", "(") for each in said]))
            if len(rows) == _AT_ONCE:
                table.add_rows(rows)
                rows.clear()
        table.add_rows(rows)
        self.sub_title = "all"
        table.move_cursor(row=table.row_count - 1)


class FromFile(_Table):
    """A stored file into a DataTable."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path

    def fill(self) -> None:
        rows = []
        with open(self._path, "rb") as file:
            for number, line in enumerate(file, 1):
                one = json.loads(line)
                rows.append((number, one["custom_id"], one["result"]["type"], "", "", "", ""))
        self.query_one(DataTable).add_rows(rows)


class Empty(App[None]):
    """Nothing but Textual."""

    def compose(self) -> ComposeResult:
        yield Static("request-000000")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["sdk", url]:
            FromSdk(url).run()
        case ["table", path]:
            FromFile(path).run()
        case _:
            Empty().run()
