"""The part of the app that hides what people wrote, and shows it again."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from batch_tui.tui import mask
from batch_tui.tui.late_keys import LateKeysApp
from batch_tui.tui.mask_key import MASK_KEY
from batch_tui.tui.screens.dialogs import ConfirmDialog

if TYPE_CHECKING:
    from textual.binding import BindingType


class MaskApp(LateKeysApp):
    """One key for a screen that is shared, or looked at over a shoulder."""

    BINDINGS: ClassVar[list[BindingType]] = [MASK_KEY]

    def action_mask(self) -> None:
        mask.put_on(not mask.is_on())
        if mask.is_on():
            # What they say may name what is hidden now.
            self.clear_notifications()
            if isinstance(self.screen, ConfirmDialog):
                # So may a question; asked again, it does not.
                self.screen.dismiss("")
        for screen in self.screen_stack:
            for node in screen.walk_children(with_self=True):
                if isinstance(node, mask.Masked):
                    node.mask_changed()
