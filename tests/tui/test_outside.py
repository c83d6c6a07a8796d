"""A record in the user's pager or editor: what goes wrong on the way there is a sentence."""

from __future__ import annotations

import sys
import tempfile
from contextlib import nullcontext
from typing import TYPE_CHECKING

import pytest

from batch_tui.tui.outside import OutsideError, show_outside
from batch_tui.tui.screens.results import ResultsScreen
from tests.tui.play import playing
from tests.tui.scenes import open_results

if TYPE_CHECKING:
    from pathlib import Path

    from textual.app import App


class Terminal:
    """What of an app is needed: a terminal that it hands over."""

    def suspend(self) -> nullcontext[None]:
        return nullcontext()


@pytest.fixture
def app() -> App[str]:
    return Terminal()  # type: ignore[return-value]


def reader(directory: Path) -> tuple[str, Path]:
    """A program that notes what it was shown, and where."""
    noted = directory / "noted"
    code = f"import sys; open({str(noted)!r}, 'w').write(open(sys.argv[1]).read())"
    return f'"{sys.executable}" -c "{code}"', noted


def test_the_named_program_gets_the_text(app: App[str], tmp_path: Path) -> None:
    program, noted = reader(tmp_path)
    show_outside(app, "the record", "PAGER", ".txt", {"PAGER": program})
    assert noted.read_text() == "the record"


@pytest.mark.parametrize("named", [" ", "", "\t"])
def test_a_program_that_is_named_with_blanks_is_the_usual_one(
    app: App[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    program, noted = reader(tmp_path)
    monkeypatch.setattr("batch_tui.tui.outside._USUAL", {"PAGER": program, "EDITOR": program})
    show_outside(app, "the record", "PAGER", ".txt", {"PAGER": named})
    show_outside(app, "the record", "EDITOR", ".txt", {"VISUAL": named, "EDITOR": program})
    assert noted.read_text() == "the record"


def test_without_a_place_for_a_copy_nothing_is_shown_and_that_is_said(
    app: App[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere/at/all")
    with pytest.raises(OutsideError, match="temporary directory") as caught:
        show_outside(app, "the record", "PAGER", ".txt", {})
    assert "TMPDIR" in str(caught.value)


async def test_the_app_lives_on_where_there_is_no_place_for_a_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with playing(tmp_path) as play:
        await open_results(play.stage, play.pilot)
        monkeypatch.setattr(tempfile, "tempdir", "/nowhere/at/all")
        await play.press("y", "p")
        assert isinstance(play.screen, ResultsScreen)
        assert "temporary directory" in play.said()
