"""Keys of the user's own: they work, every place that names a key names them, and those that cannot be are refused."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from textual.screen import ModalScreen
from textual.widgets import Button

import batch_tui.tui
from batch_tui.tui.action_list import OWNERS, actions, bindings_of
from batch_tui.tui.key_places import BEHIND, DIALOGS, EVERYWHERE, KEYS, SCREENS
from batch_tui.tui.keymap import KeymapError, read_keymap
from batch_tui.tui.screens.batch_detail import BatchDetailScreen
from batch_tui.tui.screens.batch_list import BatchListScreen
from batch_tui.tui.screens.dialogs import ConfirmDialog
from batch_tui.tui.screens.help import HelpScreen
from batch_tui.tui.screens.menu import MenuDialog
from batch_tui.tui.screens.results import ResultsScreen
from batch_tui.tui.widgets.filter_line import FilterLine
from batch_tui.tui.widgets.key_bar import KeyBar
from tests.tui.play import Play, playing
from tests.tui.scenes import ended, go_to, open_results, running, until

if TYPE_CHECKING:
    from textual.dom import DOMNode


def own(**chosen: str) -> dict[str, Any]:
    """Arguments of an app with these keys; double underscores stand for the dot."""
    return {"keymap": read_keymap({name.replace("__", "."): tuple(keys.split()) for name, keys in chosen.items()})}


def refused(**chosen: str) -> str:
    with pytest.raises(KeymapError) as caught:
        own(**chosen)
    return str(caught.value)


def bar(play: Play) -> str:
    return str(play.screen.query_one(KeyBar).render())


async def test_an_action_moves_to_the_new_key_and_leaves_the_old_one(tmp_path: Path) -> None:
    async with playing(tmp_path, size=(160, 48), app=own(cancel="C", detail="f5 l")) as play:
        await go_to(play.stage, play.pilot, running)
        await play.press("c")
        assert isinstance(play.screen, BatchListScreen)
        await play.press("C")
        assert isinstance(play.screen, ConfirmDialog)
        await play.press("n", "enter")
        assert isinstance(play.screen, BatchListScreen)
        await play.press("f5")
        assert isinstance(play.screen, BatchDetailScreen)


async def test_two_actions_can_trade_their_keys(tmp_path: Path) -> None:
    async with playing(tmp_path, app=own(batch__sort="y", batch__copy="s")) as play:
        await play.press("y")
        assert isinstance(play.screen, MenuDialog)
        assert "Sort the batches by" in play.shown("#dialog-title")
        await play.press("escape", "s")
        assert "Order" not in play.shown("#dialog-title")


async def test_key_bar_help_and_palette_name_the_new_key(tmp_path: Path) -> None:
    async with playing(tmp_path, size=(160, 60), app=own(results="x f6", filter="ctrl+t", help="f2")) as play:
        # In its place, not behind those that were not moved.
        assert bar(play).startswith(" enter Detail  x Results  c Cancel")
        assert "^t Filter" in bar(play)
        assert "f2 Help" in bar(play)
        await play.press("question_mark")
        assert not isinstance(play.screen, HelpScreen)
        await play.press("f2")
        listed = play.shown("#help-keys")
        assert listed.index("Everything known") < listed.index("Browse the results") < listed.index("Cancel this batch")
        assert re.search(r"^  x f6 +Browse the results", listed, re.M)
        assert re.search(r"^  \^t +Find by id", listed, re.M)
        await play.press("escape", "ctrl+t")
        assert play.screen.query_one(FilterLine).editing
        titles = {command.title for command in play.stage.app.get_system_commands(play.screen)}
        assert "Help" in titles


async def test_enter_is_called_enter_beside_another_key_and_right_is_free_on_the_list(tmp_path: Path) -> None:
    async with playing(tmp_path, size=(160, 60), app=own(detail="enter right")) as play:
        assert bar(play).startswith(" enter Detail")
        await play.press("question_mark")
        assert re.search(r"^  enter → +Everything known", play.shown("#help-keys"), re.M)
        await play.press("escape", "right")
        assert isinstance(play.screen, BatchDetailScreen)


async def test_a_question_names_the_new_keys_and_takes_no_others(tmp_path: Path) -> None:
    keys = own(dialog__yes="z", dialog__no="b escape", dialog__saved="o")
    async with playing(tmp_path, app=keys) as play:
        await go_to(play.stage, play.pilot, running)
        await play.press("D")
        labels = [str(button.label) for button in play.screen.query(Button)]
        assert [label[-3:] for label in labels] == ["(b)", "(z)"]
        facts = " ".join(str(one.visual) for one in play.screen.query(".dialog-fact"))
        assert "o  the same, but saves" in facts
        await play.press("n")
        assert isinstance(play.screen, ConfirmDialog)
        await play.press("b")
        assert isinstance(play.screen, BatchListScreen)


async def test_sentences_name_the_new_key(tmp_path: Path) -> None:
    keys = own(load_all="f7", clear_filter="f8", tab_running="9")
    async with playing(tmp_path, size=(100, 30), app=keys) as play:
        await play.press("slash", *"requests>99999999", "enter")
        assert "f7 loads older ones, f8 clears the filter" in play.table.nothing
        assert "f7 loads all" in play.shown("#filter-said")
        assert " 9 running " in str(play.screen.query_one("#tabs").render())


async def test_sentences_about_keys_that_many_screens_share_follow_too(tmp_path: Path) -> None:
    keys = own(batch__detail="f9", prompt__complete="f10", results__query="ctrl+t", batch__results="f11")
    async with playing(tmp_path, size=(160, 48), app=keys) as play:
        await play.press("s", "r")
        assert "f9 loads older ones" in play.row(play.table.source.last)
        await play.press("o")
        assert "Press f11 on a batch to fetch" in play.shown("#notice")
        await play.press("escape", "a")
        assert "f10 completes." in play.shown("#prompt-hint")
        await play.press("escape")
        await go_to(play.stage, play.pilot, ended)
        await play.press("f11")
        await until(play.pilot, lambda: isinstance(play.screen, ResultsScreen), "the results")
        await play.press("number_sign", *"nobody", "enter")
        await until(play.pilot, lambda: "^t id:… finds parts" in play.shown("#prompt-hint"), "that there is none")


async def test_keys_inside_results_move_too(tmp_path: Path) -> None:
    keys = own(table__down="i", table__up="x", results__summary="f3", record__next_tab="t", results__mark="m")
    async with playing(tmp_path, size=(160, 48), app=keys) as play:
        await play.press("i", "i", "x")
        assert play.table.cursor_row == 1
        await open_results(play.stage, play.pilot)
        await play.press("i", "i", "j", "m")
        assert len(play.table.marks) == 1
        assert play.table.cursor_row in (2, 3)


def test_the_last_part_of_an_id_is_enough_where_only_one_ends_so() -> None:
    assert read_keymap({"cancel": ("C",), "results.search": ("f3", "/")}) == {
        "batch.cancel": "C",
        "results.search": "f3,slash",
    }
    assert "batch.resubmit or results.resubmit" in refused(resubmit="Z")
    assert "both about batch.cancel" in refused(cancel="C", batch__cancel="Z")


def test_the_later_table_wins_whichever_way_it_names_an_action() -> None:
    """The later one is that of the profile."""
    assert read_keymap({"cancel": ("C",), "watch": ("f3",)}, {"batch.cancel": ("Z",)}) == {
        "batch.cancel": "Z",
        "batch.watch": "f3",
    }
    assert read_keymap({"batch.cancel": ("C",)}, {"cancel": ("Z",)}) == {"batch.cancel": "Z"}


def test_keys_are_written_as_people_write_them() -> None:
    def key(text: str) -> str:
        return read_keymap({"app.refresh": (text,)})["app.refresh"]

    assert [key(one) for one in ("x", "Ctrl+T", "ctrl+T", "F5", "f6", "%", ",", "shift+f3")] == [
        "x",
        "ctrl+t",
        "ctrl+t",
        "f5",
        "f6",
        "percent_sign",
        "comma",
        "shift+f3",
    ]


def test_what_is_mistyped_is_told_with_what_may_be_meant() -> None:
    said = refused(batch__cancle="C")
    assert "no action 'batch.cancle'" in said
    assert "Did you mean batch.cancel?" in said
    assert "batch-tui keys" in said
    said = refused(cancel="escpae")
    assert "no key 'escpae'" in said
    assert "Did you mean 'escape'?" in said
    assert "write 'D' for 'shift+d'" in refused(refresh="shift+d")
    assert "same key as 'tab'" in refused(refresh="ctrl+i")
    for nonsense in ("ctrl+", "hyperspace+x", "xy", "\x01x"):
        assert "no key" in refused(refresh=nonsense), nonsense


@pytest.mark.parametrize(
    ("chosen", "both"),
    [
        ({"cancel": "m"}, ("batch.cancel", "batch.watch")),
        ({"batch__sort": "x", "batch__copy": "x"}, ("batch.sort", "batch.copy")),
        ({"table__down": "c"}, ("table.down", "batch.cancel")),
        ({"batch__sort": "T"}, ("batch.sort", "app.theme")),
        ({"results__sort": "C"}, ("results.sort", "tree.close_all")),
        ({"results__search": "ctrl+f"}, ("results.search", "record.down")),
        ({"refresh": "ctrl+c"}, ("app.refresh", "app.quit")),
        ({"dialog__no": "j"}, ("dialog.no", "dialog.down")),
    ],
)
def test_two_actions_of_one_screen_cannot_share_a_key(chosen: dict[str, str], both: tuple[str, str]) -> None:
    said = refused(**chosen)
    assert all(one in said for one in both)
    assert "on the same screen" in said


def test_actions_that_are_never_together_may_share_a_key() -> None:
    own(batch__cancel="C", results__search="c", saved__pin="m")


@pytest.mark.parametrize("key", ["ctrl+x", "k", "j", "g", "space", "enter", "down", "escape", "alt+c", "tab"])
@pytest.mark.parametrize("action", ["batch.cancel", "batch.delete", "saved.delete", "dialog.yes", "batch.resubmit"])
def test_nothing_dangerous_can_be_put_where_a_slip_finds_it(action: str, key: str) -> None:
    with pytest.raises(KeymapError, match="cannot be undone"):
        read_keymap({action: (key,)})


def test_no_key_both_asks_and_says_yes() -> None:
    assert "it would ask and say yes" in refused(cancel="y", batch__copy="Z")
    assert "it would ask and say yes" in refused(dialog__yes="c")
    assert "batch.new" in refused(dialog__yes="a")


def test_a_letter_cannot_end_typing_nor_what_mends_it() -> None:
    for action in ("filter.keep", "filter.clear", "prompt.complete", "name.close", "bulk.keep", "quit"):
        for key in ("x", "Z", "backspace", "delete", "left", "home"):
            with pytest.raises(KeymapError, match="while text is typed"):
                read_keymap({action: (key,)})
    assert "cannot be 'backspace'" in refused(filter__clear="backspace")


def test_a_key_that_types_nothing_can_be_kept_beside_another() -> None:
    kept = own(prompt__close="escape f4", prompt__complete="tab f5", filter__keep="enter f6")
    assert kept["keymap"]["prompt.close"] == "escape,f4"


def test_every_screen_of_ours_is_looked_through() -> None:
    """A screen that is forgotten here would have ids that nobody can move."""
    found = set()
    for path in Path(batch_tui.tui.__path__[0]).rglob("*.py"):
        found |= set(re.findall(r'\bid="([a-z]+\.[a-z_]+)"', path.read_text(encoding="utf-8")))
    assert found <= actions().keys()
    assert not SCREENS.keys() & DIALOGS.keys()


@pytest.mark.parametrize("owner", OWNERS, ids=lambda one: one.__name__)
def test_what_is_written_down_of_the_keys_is_what_the_screens_have(owner: type[DOMNode]) -> None:
    """Whoever changes a binding changes key_places.py with it, to what is said here."""
    held: dict[str, str] = {}
    for binding in bindings_of(owner):
        held[binding.id or ""] = f"{held.get(binding.id or '', '')} {binding.key}".strip()
    assert KEYS[owner.__name__] == held


def test_it_is_written_down_for_every_screen_and_for_none_that_is_gone() -> None:
    assert KEYS.keys() == {owner.__name__ for owner in OWNERS}
    inside = {part for parts in (*SCREENS.values(), *DIALOGS.values()) for part in parts}
    assert KEYS.keys() == {*SCREENS, *DIALOGS, *inside, BEHIND}
    dialogs = {owner.__name__ for owner in OWNERS if issubclass(owner, ModalScreen)}
    assert DIALOGS.keys() == dialogs
    assert {one.id for one in bindings_of(OWNERS[-1]) if one.priority} == EVERYWHERE


def test_reading_the_keys_of_the_user_imports_no_screen() -> None:
    """The dashboard waits for it at its start."""
    script = (
        "import sys\nfrom batch_tui.tui.keymap import read_keymap\nread_keymap({'cancel': ('C',)})\n"
        "print(*(one for one in sys.modules if one.startswith('batch_tui.')))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == ["batch_tui.tui", "batch_tui.tui.key_places", "batch_tui.tui.keymap"]


def test_sentences_know_the_usual_keys() -> None:
    """What a sentence calls a key that was not moved is one of the keys of that action."""
    names = {"/": "slash", "esc": "escape", ":": "colon", "{": "left_curly_bracket", "}": "right_curly_bracket"}
    known, asked = actions(), 0
    for path in Path(batch_tui.tui.__path__[0]).rglob("*.py"):
        for action, usual in re.findall(r"key_for\([\"']([a-z._]+)[\"'], [\"'](.+?)[\"']\)", path.read_text("utf-8")):
            asked += 1
            assert names.get(usual, usual) in known[action].keys, (path.name, action, usual)
    assert asked > 40
