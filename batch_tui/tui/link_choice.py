"""Whether another file may take the place of the linked input of a batch: not where the linked one is the right one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_tui.results.completeness import custom_ids_of
from batch_tui.tui.key_names import key_for

if TYPE_CHECKING:
    from batch_tui.results.results_file import ResultsFile
    from batch_tui.submission.linked_input import LinkedInput


def why_not_instead(known: LinkedInput, new: LinkedInput, results: ResultsFile | None) -> str | None:
    """Why the new file cannot be the input where the known one is linked, or None.

    Reads both, and the results as far as is needed. Raises LinkError and ResultsStoreError.
    """
    if known.problem() is not None:
        # It is of no use any more.
        return None
    way_out = f"In the dashboard, {key_for('results.input', 'I')} with an empty path unlinks it."
    if results is None:
        if not set(known.columns()[0]).isdisjoint(new.columns()[0]):
            return None
        return f"{new.path} has no custom_id in common with {known.path}, which stays linked. {way_out}"
    asked, asked_before, fits = new.custom_ids(), known.custom_ids(), False
    for custom_id in custom_ids_of(results):
        if custom_id in asked:
            return None
        fits = fits or custom_id in asked_before
    if not fits:
        return None
    return f"None of the custom_ids of {new.path} is among the results; {known.path}, which fits them, stays linked."
