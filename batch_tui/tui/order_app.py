"""The part of the app that remembers how the list was ordered."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread
from textual import on

from batch_tui.monitor.batch_order import NEWEST_FIRST
from batch_tui.monitor.order_file import OrderFileError
from batch_tui.tui import messages
from batch_tui.tui.messages import OrderUpdate
from batch_tui.tui.notes_app import NotesApp
from batch_tui.tui.text import plain

if TYPE_CHECKING:
    from batch_tui.monitor.batch_order import BatchOrder
    from batch_tui.monitor.order_file import OrderFile


class OrderApp(NotesApp):
    """Reads the order once at the start, and writes it whenever another is chosen."""

    def start_ordering(self, file: OrderFile | None) -> None:
        """Say where the order is kept, None for nowhere; call before the app runs."""
        self._order_file = file
        self._order_to_keep: BatchOrder | None = None
        self._told_of_order = False
        """Whether it was said that the order is not remembered: once is enough."""

    @cached_property
    def _order_turn(self) -> anyio.Lock:
        return anyio.Lock()

    async def on_unmount(self) -> None:
        # Chosen and left at once: the worker may not have come to it.
        await self._keep_order()

    async def read_order(self) -> None:
        """Tell the list how it was ordered the last time."""
        if self._order_file is not None:
            try:
                order = await anyio.to_thread.run_sync(self._order_file.read)
            except OrderFileError as error:
                self._tell_order_failure(error)
                return
            if order != NEWEST_FIRST:
                self._updates.publish(OrderUpdate(order))

    @on(messages.OrderChosen)
    def _remember_order(self, event: messages.OrderChosen) -> None:
        self._order_to_keep = event.order
        self.start_work(self._keep_order, "order")

    async def _keep_order(self) -> None:
        # One after the other, and always the latest: two threads would race for the file.
        async with self._order_turn:
            order = self._order_to_keep
            if order is None or self._order_file is None:
                return
            try:
                await anyio.to_thread.run_sync(self._order_file.keep, order)
            except OrderFileError as error:
                self._tell_order_failure(error)
            if self._order_to_keep is order:
                self._order_to_keep = None

    def _tell_order_failure(self, error: OrderFileError) -> None:
        if not self._told_of_order:
            self._told_of_order = True
            self.notify(plain(str(error)), severity="warning", timeout=12)
