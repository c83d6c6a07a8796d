"""One batch on the whole screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding

from batch_tui.tui.freshness import freshness, trouble_line
from batch_tui.tui.input_messages import InputWanted, LinkInputRequested
from batch_tui.tui.screens.batch_actions import BatchActionsScreen
from batch_tui.tui.widgets.batch_detail import BatchDetail
from batch_tui.tui.widgets.key_bar import KeyBar
from batch_tui.tui.widgets.status_line import StatusLine
from batch_tui.tui.widgets.tones import TONES
from batch_tui.tui.widgets.trouble_line import TroubleLine

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from batch_tui.api.models import MessageBatch
    from batch_tui.tui.context import AppContext


class BatchDetailScreen(BatchActionsScreen):
    """Follows one batch by its id; `J` and `K` walk through the list without going back."""

    CSS_PATH = "later.tcss"
    AUTO_FOCUS = "#detail"
    NOT_HERE = frozenset({"open_detail"})
    NO_BATCH = "This batch is gone: there is nothing left to do with it at the API."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "app.close", "Back", id="batch.back", tooltip="Back to the list"),
        Binding("J", "neighbour(1)", "Next", id="batch.next", tooltip="The next older batch"),
        Binding("K", "neighbour(-1)", "Previous", id="batch.previous", show=False, tooltip="The next newer batch"),
        Binding("I", "link_input", "Link input", id="batch.link", tooltip="Name the file the requests came from"),
        Binding("j,down", "scroll(1)", "Down", show=False, id="table.down"),
        Binding("k,up", "scroll(-1)", "Up", show=False, id="table.up"),
    ]

    def __init__(self, context: AppContext, batch_id: str) -> None:
        super().__init__(context)
        self._batch_id = batch_id

    def compose(self) -> ComposeResult:
        yield StatusLine(id="status")
        yield TroubleLine(id="trouble")
        yield BatchDetail(self._shared, id="detail")
        yield KeyBar()

    def on_mount(self) -> None:
        self._shared.updates.subscribe(self, lambda _: self._show_state())
        self.set_interval(1, self._tick)
        self.post_message(InputWanted(self._batch_id))
        self._show_state()

    def batch_in_hand(self) -> MessageBatch | None:
        return self._shared.catalog.get(self._batch_id)

    def action_neighbour(self, step: int) -> None:
        catalog = self._shared.catalog
        here = catalog.index_of(self._batch_id)
        if here is not None and 0 <= here + step < len(catalog):
            self._batch_id = catalog.at(here + step).id
            self.post_message(InputWanted(self._batch_id))
            self._show_state()

    def action_link_input(self) -> None:
        self.post_message(LinkInputRequested(self._batch_id))

    def action_scroll(self, direction: int) -> None:
        self.query_one(BatchDetail).scroll_relative(y=direction, animate=False)

    def _tick(self) -> None:
        if self.is_current:
            self._show_state()

    def _show_state(self) -> None:
        context = self._shared
        position = context.catalog.index_of(self._batch_id)
        where = f"batch {position + 1:,} of {len(context.catalog):,} loaded" if position is not None else "gone"
        self.query_one(StatusLine).show(
            [(" batch-tui", TONES["accent"]), ("  batch", "bold")],
            [(where, TONES["muted"]), (" · ", TONES["muted"]), *freshness(context), (" ", "")],
        )
        self.query_one(TroubleLine).say(trouble_line(context))
        self.query_one(BatchDetail).show(self._batch_id)
        self.query_one(KeyBar).look_again()
