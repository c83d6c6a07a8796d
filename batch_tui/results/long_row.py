"""What a table shows of a line of many megabytes: from the index and the head of the line, not by reading all of it."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import msgspec

from batch_tui.results.line_facts import custom_id_code
from batch_tui.results.line_index import TOKEN_COLUMNS
from batch_tui.results.result_row import ResultRow

if TYPE_CHECKING:
    from batch_tui.results.results_file import ResultsFile

_HEAD = 4_096
_CUSTOM_ID = re.compile(rb'\s*\{\s*"custom_id"\s*:\s*("(?:[^"\\]|\\.)*")')
_INPUT, _OUTPUT = TOKEN_COLUMNS.index("input_tokens"), TOKEN_COLUMNS.index("output_tokens")


def long_row(results: ResultsFile, number: int) -> ResultRow | None:
    """The row without its preview; None where the line does not begin with its custom_id, so that it must be read."""
    index = results.index
    start, _ = index.span(number)
    try:
        found = _CUSTOM_ID.match(os.pread(results.descriptor, _HEAD, start))
        custom_id = None if found is None else msgspec.json.decode(found[1], type=str)
    except (OSError, ValueError):
        return None
    # A name given twice counts as the last says, which the index knows.
    if custom_id is None or custom_id_code(custom_id) != index.custom_id_codes[number]:
        return None
    return ResultRow(
        number,
        custom_id,
        index.kind(number),
        index.stop_reasons.names[index.stop_numbers[number]],
        index.models.names[index.model_numbers[number]],
        index.tokens(_INPUT, number),
        index.tokens(_OUTPUT, number),
        "",
        index.is_suspicious(number),
        index.is_silent(number),
    )
