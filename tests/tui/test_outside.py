"""A record in the user's pager or editor: what goes wrong on the way there is a sentence."""

from __future__ import annotations

import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from batch_tui.tui.outside import OutsideError, show_outside
from batch_tui.tui.screens.results import ResultsScreen
from tests.tui.play import playing
from tests.tui.scenes import open_results

if TYPE_CHECKING:
    from textual.app import App


class Terminal:
    """What of an app is needed: a terminal that it hands over."""

    def suspend(self) -> nullcontext[None]:
        return nullcontext()


@pytest.fixture
def app() -> App[str]:
    return Terminal()  # type: ignore[return-value]


def heard(_sentence: str) -> None:
    """Somebody who presses enter at once."""


def reader(directory: Path) -> tuple[str, Path]:
    """A program that notes what it was shown, and where."""
    noted = directory / "noted"
    code = f"import sys; open({str(noted)!r}, 'w').write(open(sys.argv[1]).read())"
    return f'"{sys.executable}" -c "{code}"', noted


def test_the_named_program_gets_the_text(app: App[str], tmp_path: Path) -> None:
    program, noted = reader(tmp_path)
    show_outside(app, "the record", "PAGER", ".txt", {"PAGER": program}, pause=heard)
    assert noted.read_text() == "the record"


@pytest.mark.parametrize("named", [" ", "", "\t"])
def test_a_program_that_is_named_with_blanks_is_the_usual_one(
    app: App[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    program, noted = reader(tmp_path)
    monkeypatch.setattr("batch_tui.tui.outside._USUAL", {"PAGER": program, "EDITOR": program})
    show_outside(app, "the record", "PAGER", ".txt", {"PAGER": named}, pause=heard)
    show_outside(app, "the record", "EDITOR", ".txt", {"VISUAL": named, "EDITOR": program}, pause=heard)
    assert noted.read_text() == "the record"


def test_the_copy_is_for_its_owner_and_goes(app: App[str], tmp_path: Path) -> None:
    noted = tmp_path / "noted"
    code = f"import os, sys; open({str(noted)!r}, 'w').write(f'{{os.stat(sys.argv[1]).st_mode:o}} {{sys.argv[1]}}')"
    show_outside(app, "the record", "PAGER", ".txt", {"PAGER": f'"{sys.executable}" -c "{code}"'}, pause=heard)
    mode, path = noted.read_text().split()
    assert mode == "100600"
    assert not Path(path).parent.exists()


def test_the_variable_that_was_used_is_the_one_to_be_set(app: App[str]) -> None:
    with pytest.raises(OutsideError, match=r"Set \$VISUAL"):
        show_outside(app, "x", "EDITOR", ".txt", {"VISUAL": "/no/such", "EDITOR": "vi"}, pause=heard)
    with pytest.raises(OutsideError, match=r"\$EDITOR cannot be read"):
        show_outside(app, "x", "EDITOR", ".txt", {"VISUAL": " ", "EDITOR": "'vi"}, pause=heard)


@pytest.mark.parametrize(("seconds", "code", "heard_of"), [(0.5, 0, 1), (1.0, 0, 0), (60.0, 0, 0), (60.0, 1, 1)])
def test_it_is_waited_for_the_reader_of_what_was_short_or_failed(
    app: App[str], seconds: float, code: int, heard_of: int
) -> None:
    sentences: list[str] = []
    clock = iter([0.0, seconds])
    program = f'"{sys.executable}" -c "raise SystemExit({code})"'
    show_outside(app, "x", "PAGER", ".txt", {"PAGER": program}, monotonic=lambda: next(clock), pause=sentences.append)
    assert len(sentences) == heard_of


def test_a_changed_copy_is_told_of(app: App[str]) -> None:
    changes = f"""{sys.executable} -c "import sys; open(sys.argv[1], 'a').write('y')" """
    assert "not kept" in (show_outside(app, "x", "EDITOR", ".txt", {"EDITOR": changes}, pause=heard) or "")
    removes = f"""{sys.executable} -c "import os, sys; os.remove(sys.argv[1])" """
    assert show_outside(app, "x", "EDITOR", ".txt", {"EDITOR": removes}, pause=heard) is None
    leaves = f"{sys.executable} -c 0"
    assert show_outside(app, "x\r\ny\ud800", "EDITOR", ".txt", {"EDITOR": leaves}, pause=heard) is None


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
