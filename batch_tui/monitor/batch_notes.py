"""What the user noted about a batch on this machine: a name, tags and a text; the API has none of them."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_NAME = 80
LONGEST_TAG = 40
LONGEST_NOTE = 500
MOST_TAGS = 20


class BatchNotes(msgspec.Struct, frozen=True):
    """The notes of one batch; all of it is what somebody typed. False when there is nothing in it."""

    name: str = ""
    """Shown in place of the id; empty: none."""
    tags: tuple[str, ...] = ()
    note: str = ""

    def __bool__(self) -> bool:
        return bool(self.name or self.tags or self.note)


NOTHING_NOTED: Final = BatchNotes()
NO_NOTES: Final[Mapping[str, BatchNotes]] = MappingProxyType({})
"""Nothing was noted about any batch."""


def read_tags(text: str) -> tuple[str, ...]:
    """Tags as they are typed: separated by spaces or commas, with or without #, each kept once."""
    words = (word.lstrip("#") for word in text.replace(",", " ").split())
    return tuple(dict.fromkeys(word[:LONGEST_TAG] for word in words if word))[:MOST_TAGS]
