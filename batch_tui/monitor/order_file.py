"""The file that keeps in which order each profile's list was left: small, private, shared by every batch-tui."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct

from batch_tui.monitor.batch_order import COLUMNS, NEWEST_FIRST, BatchOrder
from batch_tui.monitor.private_file import changing, replace_whole

if TYPE_CHECKING:
    from pathlib import Path

ORDERS_NAME: Final = "orders.json"
"""Its name in the state directory."""
_VERSION = 1


class OrderFileError(Exception):
    """The file cannot be read or written; the text says which, why and what follows."""


class _Order(Struct, frozen=True, omit_defaults=True):
    column: str
    reverse: bool = False


class _Content(Struct, frozen=True):
    # Neither has a default: JSON of another kind must not pass for an empty file of ours.
    version: int
    profiles: dict[str, _Order]


class OrderFile:
    """The order of one profile's list in a file (0600, its directory 0700). Methods block.

    A file that cannot be understood is never written over: it may be of a later batch-tui, or not ours.
    """

    def __init__(self, path: Path, profile: str) -> None:
        self.path = path
        self._profile = profile

    def read(self) -> BatchOrder:
        """As the list was left; newest first where nothing is kept. Raises OrderFileError."""
        kept = self._load().profiles.get(self._profile)
        column = None if kept is None else next((one for one in COLUMNS if one == kept.column), None)
        # A column that another version has is none to mend.
        return NEWEST_FIRST if kept is None or column is None else BatchOrder(column, kept.reverse)

    def keep(self, order: BatchOrder) -> None:
        """Remember an order; those of other profiles stay, whoever wrote them. Raises OrderFileError."""
        try:
            with changing(self.path):
                profiles = dict(self._load().profiles)
                profiles.pop(self._profile, None)
                if order != NEWEST_FIRST:
                    profiles[self._profile] = _Order(order.column, order.reverse)
                replace_whole(self.path, msgspec.json.encode(_Content(_VERSION, profiles)))
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise OrderFileError(f"The order lasts until the end: {self.path} cannot be written: {reason}.") from error

    def _load(self) -> _Content:
        try:
            content = msgspec.json.decode(self.path.read_bytes(), type=_Content)
        except FileNotFoundError:
            return _Content(_VERSION, {})
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise OrderFileError(f"The list is newest first: {self.path} cannot be read: {reason}.") from error
        except (ValueError, RecursionError) as error:
            raise OrderFileError(
                f"The order of the list is not remembered: {self.path} is damaged ({error}). Mend it, or move it away."
            ) from error
        if content.version > _VERSION:
            raise OrderFileError(f"The order of the list is not remembered: {self.path} is of a later batch-tui.")
        return content
