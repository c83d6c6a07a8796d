"""What the user calls a batch: a name, tags and a note of their own; the API has none."""

from __future__ import annotations

from dataclasses import dataclass

LONGEST_NAME = 80
LONGEST_TAG = 40
LONGEST_NOTE = 500
MOST_TAGS = 20


@dataclass(frozen=True, slots=True)
class BatchNotes:
    """False when there is nothing in it."""

    name: str = ""
    tags: tuple[str, ...] = ()
    note: str = ""

    def __bool__(self) -> bool:
        return bool(self.name or self.tags or self.note)


NO_NOTES = BatchNotes()


def read_tags(text: str) -> tuple[str, ...]:
    """Tags as they are typed: separated by spaces or commas, with or without #, each kept once."""
    words = (word.lstrip("#") for word in text.replace(",", " ").split())
    return tuple(dict.fromkeys(word[:LONGEST_TAG] for word in words if word))[:MOST_TAGS]
