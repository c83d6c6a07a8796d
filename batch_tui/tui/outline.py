"""What a page of a record says, as sections that open and close: headings, texts and JSON values, not yet laid out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from batch_tui.tui.text import Plain


@dataclass(frozen=True, slots=True)
class Said:
    """A text with its tone; it may be untrusted, and passes the door when it is laid out."""

    text: str
    tone: str = "text"
    indent: int = 0
    """Steps to the right, all rows of it."""


@dataclass(frozen=True, slots=True)
class Members:
    """What a JSON value holds, one row each; a value that holds nothing is a row itself."""

    value: object


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with what stands below it; `opens`: at first, below is shown."""

    label: Plain
    inside: tuple[Section | Said | Members, ...] = ()
    tone: str = "accent"
    opens: bool = True


@dataclass(frozen=True, slots=True)
class Outline:
    """The whole page."""

    parts: tuple[Section | Said | Members, ...]
