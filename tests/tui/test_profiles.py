"""`@` offers the profiles of the config file; the app ends with the one that was chosen, or says why it cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.widgets import OptionList

from batch_tui.tui.profile_app import ANOTHER, ProfilesRead
from batch_tui.tui.profiles import ProfileChoice
from batch_tui.tui.screens.batch_list import BatchListScreen
from batch_tui.tui.screens.dialogs import ConfirmDialog
from batch_tui.tui.screens.menu import MenuDialog
from tests.tui.play import Play, playing
from tests.tui.scenes import ended, go_to, until

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

CHOICES = (
    ProfileChoice("default", "api.anthropic.com"),
    ProfileChoice("production", "api.anthropic.com"),
    ProfileChoice("[red]staging", "stage.example · read-only"),
    ProfileChoice("broken", "", "config.toml: theme must be 'dark' or 'light', not 'blue'."),
)


def app(choices: Sequence[ProfileChoice] = CHOICES, **more: Any) -> dict[str, Any]:
    return {"profiles": lambda: ProfilesRead(choices), **more}


async def offered(play: Play) -> list[str]:
    await play.press("at")
    await until(play.pilot, lambda: isinstance(play.screen, MenuDialog), "the profiles")
    menu = play.screen.query_one(OptionList)
    return [str(menu.get_option_at_index(place).prompt) for place in range(menu.option_count)]


async def go_over(play: Play) -> None:
    """Leave for another profile."""
    await offered(play)
    await play.pilot.press("3")
    await until(play.pilot, lambda: play.stage.app.return_value is not None, "the end")


async def test_the_profiles_are_offered_and_the_chosen_one_is_the_result(tmp_path: Path) -> None:
    async with playing(tmp_path, app=app()) as play:
        shown = await offered(play)
        assert "here now" in shown[1]
        assert "[red]staging" in shown[2]
        assert "stage.example · read-only" in shown[2]
        assert "cannot be used" in shown[3]
        await play.pilot.press("3")
        await until(play.pilot, lambda: play.stage.app.return_value is not None, "the end")
    assert play.stage.app.return_value == f"{ANOTHER}[red]staging"


async def test_more_profiles_than_keys_are_all_offered(tmp_path: Path) -> None:
    many = [ProfileChoice("production", "here"), *(ProfileChoice(f"team-{n}", "there") for n in range(40))]
    async with playing(tmp_path, app=app(many)) as play:
        shown = await offered(play)
        assert len(shown) == 41
        assert shown[1].startswith(" 2  team-0")
        assert shown[40].startswith("    team-39")
        await play.pilot.press("end", "enter")
        await until(play.pilot, lambda: play.stage.app.return_value is not None, "the end")
    assert play.stage.app.return_value == f"{ANOTHER}team-39"


async def test_the_theme_that_was_chosen_comes_along(tmp_path: Path) -> None:
    async with playing(tmp_path / "here", app=app()) as play:
        await play.press("T")
        await go_over(play)
    async with playing(tmp_path / "there", app=app()) as play:
        assert play.stage.app.theme == "textual-light"
        await play.press("T")
        assert play.stage.app.theme == "textual-dark"
    async with playing(tmp_path / "later", app=app()) as play:
        assert play.stage.app.theme == "textual-dark"


async def test_a_chosen_theme_comes_along_through_a_profile_that_has_it_anyway(tmp_path: Path) -> None:
    async with playing(tmp_path / "here", app=app()) as play:
        await play.press("T")
        await go_over(play)
    async with playing(tmp_path / "there", app=app(themes=("textual-light", "textual-dark"))) as play:
        await go_over(play)
    async with playing(tmp_path / "back", app=app()) as play:
        assert play.stage.app.theme == "textual-light"


async def test_the_same_profile_or_none_changes_nothing(tmp_path: Path) -> None:
    async with playing(tmp_path, app=app()) as play:
        # Enter alone too: the menu opens on the profile that is here.
        for key in ("2", "escape", "enter"):
            await offered(play)
            await play.press(key)
            assert isinstance(play.screen, BatchListScreen)
            assert play.stage.app.is_running
            assert play.stage.app.return_value is None


async def test_a_profile_that_cannot_be_used_says_why_and_stays(tmp_path: Path) -> None:
    async with playing(tmp_path, app=app()) as play:
        await offered(play)
        await play.press("4")
        assert "theme must be 'dark' or 'light'" in play.said()
        assert play.stage.app.return_value is None


async def test_without_another_profile_it_says_how_to_make_one(tmp_path: Path) -> None:
    async with playing(tmp_path, app=app(CHOICES[1:2])) as play:
        await play.press("at")
        await until(play.pilot, lambda: "[profiles.NAME]" in play.said(), "the sentence")


async def test_whoever_took_their_profile_out_of_the_file_can_still_go_to_the_one_left(tmp_path: Path) -> None:
    async with playing(tmp_path, app=app(CHOICES[:1])) as play:
        assert "default" in (await offered(play))[0]


async def test_a_config_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    broken = {"profiles": lambda: ProfilesRead((), "config.toml is not valid TOML: [x].")}
    async with playing(tmp_path, app=broken) as play:
        await play.press("at")
        await until(play.pilot, lambda: "not valid TOML: [x]" in play.said(), "the sentence")


async def test_what_is_about_to_be_deleted_is_asked_about_first(tmp_path: Path) -> None:
    async with playing(tmp_path, app=app(undo_seconds=3600)) as play:
        await go_to(play.stage, play.pilot, ended)
        await play.press("D", "y")
        await offered(play)
        await play.press("1")
        assert isinstance(play.screen, ConfirmDialog)
        await play.press("n")
        assert play.stage.app.return_value is None
        await offered(play)
        await play.press("1", "y")
        await until(play.pilot, lambda: play.stage.app.return_value is not None, "the end")
    assert play.stage.app.return_value == f"{ANOTHER}default"


async def test_the_demo_has_no_such_key(tmp_path: Path) -> None:
    async with playing(tmp_path) as play:
        await play.press("at")
        assert isinstance(play.screen, BatchListScreen)
        assert "Profile" not in {one.title for one in play.stage.app.get_system_commands(play.screen)}
