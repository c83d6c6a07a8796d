"""A path to one value of a record, or into the JSON that its answer's text holds."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Final

from batch_tui.results.deep_json import compact_json, read_json
from batch_tui.results.result_row import answer_text

PATHS_HELP: Final = "error.type, usage.output_tokens, message.model, .field of an answer that is JSON"
"""Paths that people ask for, as examples."""

_STARTS: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    # What went wrong stands in an envelope, which has a type too.
    "error": (("result", "error", "error"), ("result", "error")),
    "message": (("result", "message"),),
    **{
        name: (("result", "message", name),)
        for name in ("usage", "content", "model", "role", "stop_reason", "stop_sequence", "stop_details", "container")
    },
}
"""Where a path begins that starts with one of these, unless the record itself has that name."""

_SEVERAL: Final = {
    "type": "result.type, error.type or message.type",
    "id": "custom_id or message.id",
}
"""Names that say too little, and what may be meant."""


class JsonPathError(ValueError):
    """A path that cannot be read; the text says where and what would be right."""


class _Missing:
    """What a path gives where there is nothing; unlike None, which JSON can say."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing()

_STEP = re.compile(r"""\.?(?:([^\s.\[\]"]+)|\[(-?\d{1,9})\]|\["((?:[^"\\]|\\.)*)"\])""")
_USUAL = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
"""A name that stands in a path as it is, whatever the path is part of."""
_FENCE = re.compile(r"\s*```[A-Za-z]*\s*\n(.*?)\n?\s*```\s*\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class JsonPath:
    """Names and positions, one after the other.

    `result.message.usage.output_tokens`, `…content[0]`, `…content[-1]`, `…["odd name"]`; a leading dot means inside
    the answer's text read as JSON (`.label`, `.items[0]`), looking through a ``` fence around it. What leads to a
    message, its usage or an error may be left out: `usage.output_tokens`, `error.type`.
    """

    text: str
    steps: tuple[str | int, ...]
    in_answer: bool

    @classmethod
    def parse(cls, text: str) -> JsonPath:
        """Read a path. Raises JsonPathError."""
        text = text.strip()
        in_answer = text.startswith(".")
        rest = text[1:] if in_answer else text
        if text == ".":
            return cls(text, (), True)
        if not rest:
            raise JsonPathError(f"Give a path, such as {PATHS_HELP}.")
        if text in _SEVERAL:
            raise JsonPathError(f"Which {text}: {_SEVERAL[text]}?")
        steps: list[str | int] = []
        position = 0
        while position < len(rest):
            step = _STEP.match(rest, position)
            if step is None or (position == 0 and rest[0] == "."):
                raise JsonPathError(
                    f"The path cannot be read from {rest[position:][:20]!r} on: "
                    'names are joined by dots, positions stand in [0], odd names in ["…"].'
                )
            name, place, quoted = step.groups()
            steps.append(name if name is not None else int(place) if place is not None else _unquote(quoted))
            position = step.end()
        return cls(text, tuple(steps), in_answer)

    @property
    def quoted(self) -> str:
        """The same path as a RowQuery can have it: odd names in quotes, and never one of its own words."""
        names = [_step(step) for step in self.steps]
        if not self.in_answer and len(names) == 1:
            names = [f"[{json.dumps(step, ensure_ascii=False)}]" for step in self.steps]
        return ("." if self.in_answer else "") + "".join(names).removeprefix(".")

    def value(self, record: object) -> object:
        """The value at this path of a parsed line, or MISSING."""
        if self.in_answer:
            return _follow(_json_of(answer_text(record)), self.steps)
        value = _follow(record, self.steps)
        for start in _STARTS.get(str(self.steps[0]), ()):
            if value is not MISSING:
                break
            value = _follow(record, (*start, *self.steps[1:]))
        return value


def _follow(value: object, steps: tuple[str | int, ...]) -> object:
    for step in steps:
        if isinstance(step, str) and isinstance(value, dict):
            value = value.get(step, MISSING)
        elif isinstance(step, int) and isinstance(value, list) and -len(value) <= step < len(value):
            value = value[step]
        else:
            return MISSING
    return value


def _step(step: str | int) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    return f".{step}" if _USUAL.fullmatch(step) else f"[{json.dumps(step, ensure_ascii=False)}]"


def _unquote(quoted: str) -> str:
    try:
        return str(json.loads(f'"{quoted}"'))
    except ValueError as error:
        raise JsonPathError(f'The name ["{quoted}"] cannot be read: {error}.') from error


def _json_of(text: str) -> object:
    fenced = _FENCE.match(text) if text.lstrip()[:3] == "```" else None
    try:
        return read_json(fenced[1] if fenced else text)
    except ValueError:
        return MISSING


def show(value: object) -> str:
    """A value as one string: text as it is, everything else as compact JSON."""
    if isinstance(value, str):
        return value
    try:
        return compact_json(value)
    except ValueError:
        return "…"
