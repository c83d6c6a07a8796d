"""Errors in words: what is said to do fits who answered."""

from __future__ import annotations

import pytest

from batch_tui.api.errors import error_from_response
from batch_tui.tui import mask
from batch_tui.tui.trouble import describe

PAGE = b"<html><title>Log in</title></html>"
OWN = b'{"type": "error", "error": {"type": "not_found_error", "message": "No such batch."}}'


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_page_of_something_between_is_no_word_of_the_api(status: int) -> None:
    """That the batch may have been deleted, or the key revoked, would send the user the wrong way."""
    error = error_from_response(status, {"content-type": "text/html"}, PAGE)
    assert describe(error, host="here").advice == "Is there a proxy in between, or is the base URL wrong?"


def test_the_apis_own_404_is_about_the_batch() -> None:
    error = error_from_response(404, {"content-type": "application/json"}, OWN)
    assert "deleted" in describe(error, host="here").advice


def test_an_error_that_nobody_expected_quotes_nothing_while_masked() -> None:
    """It may hold anything, such as a prompt that could not be read; its kind is what a report needs."""
    error = ValueError("secret-word")
    assert "ValueError: secret-word" in str(describe(error, host="h"))
    mask.put_on(True)
    try:
        said = str(describe(error, host="h"))
    finally:
        mask.put_on(False)
    assert "ValueError: ••••••" in said
    assert "secret-word" not in said
