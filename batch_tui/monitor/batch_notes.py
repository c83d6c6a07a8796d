"""What the user noted about a batch on this machine: a name, tags and a text; the API has none of them."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class BatchNotes:
    """The notes of one batch; all of it is what somebody typed."""

    name: str = ""
    """Shown in place of the id; empty: none."""
    tags: tuple[str, ...] = ()
    note: str = ""


NO_NOTES: Final[Mapping[str, BatchNotes]] = MappingProxyType({})
"""Nothing was noted about any batch."""
