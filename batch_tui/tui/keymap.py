"""Keys of the user's own choice: which actions there are, and whether these keys can be put on them.

Reads the bindings of every screen, so it is imported only where the user has chosen keys or asks what there is.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import chain
from typing import TYPE_CHECKING, Final

from textual.binding import Binding
from textual.keys import REPLACED_KEYS, Keys, key_to_character

from batch_tui.tui.app import BatchApp
from batch_tui.tui.screens.activity import ActivityScreen
from batch_tui.tui.screens.batch_detail import BatchDetailScreen
from batch_tui.tui.screens.batch_list import BatchListScreen
from batch_tui.tui.screens.bulk import BulkDialog, BulkProgress, NumberInput
from batch_tui.tui.screens.dialogs import ConfirmDialog
from batch_tui.tui.screens.frequencies import FrequenciesScreen
from batch_tui.tui.screens.help import HelpScreen
from batch_tui.tui.screens.menu import MenuDialog
from batch_tui.tui.screens.name_batch import NameDialog
from batch_tui.tui.screens.progress import ProgressDialog
from batch_tui.tui.screens.prompt import PromptDialog
from batch_tui.tui.screens.results import ResultsScreen
from batch_tui.tui.screens.saved import SavedScreen
from batch_tui.tui.screens.summary import SummaryScreen
from batch_tui.tui.screens.welcome import WelcomeScreen
from batch_tui.tui.widgets.filter_line import FilterInput
from batch_tui.tui.widgets.json_pane import JsonPane
from batch_tui.tui.widgets.text_pane import TextPane
from batch_tui.tui.widgets.virtual_table import VirtualTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from textual.dom import DOMNode

    Owner = type[DOMNode]

SCREENS: Final[dict[Owner, tuple[Owner, ...]]] = {
    BatchListScreen: (VirtualTable, FilterInput),
    BatchDetailScreen: (),
    ResultsScreen: (VirtualTable, TextPane, JsonPane, FilterInput),
    SavedScreen: (VirtualTable,),
    ActivityScreen: (VirtualTable,),
    WelcomeScreen: (),
}
"""The screens, each with what has the focus there and keys of its own."""

DIALOGS: Final[dict[Owner, tuple[Owner, ...]]] = {
    BulkDialog: (NumberInput,),
    BulkProgress: (VirtualTable,),
    ConfirmDialog: (),
    FrequenciesScreen: (VirtualTable,),
    HelpScreen: (),
    MenuDialog: (),
    NameDialog: (),
    ProgressDialog: (),
    PromptDialog: (),
    SummaryScreen: (),
}
"""The same for what lies over a screen, whose keys do nothing then."""

_TYPED_INTO: Final = ("filter.", "prompt.", "name.", "bulk.keep", "bulk.up", "bulk.down", "bulk.page_", "app.quit")
"""Ids of actions that are used while text is typed, or how they begin."""

_EDITING: Final = frozenset({"backspace", "delete", "left", "right", "home", "end"})
"""Keys that everybody needs to mend what they typed."""

_DANGEROUS: Final = (
    *("batch.cancel", "batch.delete", "batch.new", "batch.resubmit"),
    *("results.resubmit", "saved.delete"),
)
"""Actions that cannot be undone, or that cost money; each asks first."""

_ANSWERS: Final = ("dialog.yes", "dialog.also", "dialog.saved")
"""How the question before one of them is answered with a yes."""

_MOVEMENTS: Final = frozenset("jkhlgGJK") | {
    *("up", "down", "left", "right", "home", "end", "pageup", "pagedown"),
    *("space", "enter", "tab", "escape", "backspace"),
}
"""What fingers press without a thought, whatever it is bound to."""

_ALIASES: Final = {"esc": "escape", "return": "enter", "pgup": "pageup", "pgdn": "pagedown", "del": "delete"}
_MODIFIERS: Final = ("ctrl", "alt", "shift", "super", "hyper", "meta")
_LIKE: Final = 'such as "x", "X", "slash" or "/", "f5", "ctrl+f" or "escape"'
_NAMED: Final = frozenset(key.value for key in Keys if not key.value.startswith("<"))
_SAME_AS: Final = {"ctrl+i": "tab", "ctrl+m": "enter", "ctrl+h": "backspace", "ctrl+left_square_bracket": "escape"}
"""What a terminal sends for these."""


class KeymapError(Exception):
    """Keys that cannot be used: which, why, and what to do."""


@dataclass(frozen=True, slots=True)
class Action:
    """Something that a key does."""

    id: str
    keys: tuple[str, ...]
    """As they are without any choice of the user."""
    about: str


def actions() -> dict[str, Action]:
    """Every action by its id, those of one part of the program together."""
    found: dict[str, Action] = {}
    for binding in chain.from_iterable(_bindings(owner) for owner in _owners()):
        before = found.get(binding.id or "")
        keys = (*(before.keys if before else ()), binding.key)
        about = before.about if before else binding.tooltip or binding.description
        found[binding.id or ""] = Action(binding.id or "", tuple(dict.fromkeys(keys)), about)
    return dict(sorted(found.items(), key=lambda one: one[0].partition(".")[0]))


def read_keymap(chosen: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """By action id the keys as Textual takes them, comma between two. Raises KeymapError."""
    known = actions()
    own: dict[str, tuple[str, ...]] = {}
    for name, keys in chosen.items():
        action_id = _id_of(name, known)
        if action_id in own:
            raise KeymapError(f"{name} and another line are both about {action_id}; keep one of them.")
        own[action_id] = tuple(dict.fromkeys(_key(action_id, key) for key in keys))
    for action_id, keys in own.items():
        for key in keys:
            _must_be_wanted(action_id, key)
    _must_be_apart(own)
    _must_be_answered_apart(own, known)
    return {action_id: ",".join(keys) for action_id, keys in own.items()}


def _owners() -> Iterator[Owner]:
    for screen, inside in chain(SCREENS.items(), DIALOGS.items()):
        yield screen
        yield from inside
    yield BatchApp


def _bindings(owner: Owner) -> Iterator[Binding]:
    """The keys of a class and those it inherits, where they are actions of ours; one for each key."""
    merged = owner._merged_bindings
    return iter(()) if merged is None else (binding for _, binding in merged if binding.id)


def _id_of(name: str, known: Mapping[str, Action]) -> str:
    """The id meant, which may be its last part where only one ends so."""
    if name in known:
        return name
    ending = [each for each in known if each.partition(".")[2] == name]
    if len(ending) == 1:
        return ending[0]
    if ending:
        raise KeymapError(f"{name} may be {_either(ending)}; write which.")
    near = get_close_matches(name, [*known, *(each.partition(".")[2] for each in known)], 1, 0.7)
    hint = f" Did you mean {near[0]}?" if near else ""
    raise KeymapError(f"there is no action {name!r}.{hint} `batch-tui keys` lists them all.")


def _key(action_id: str, text: str) -> str:
    """The key as Textual calls it."""
    said = text.strip()
    *modifiers, base = [said] if len(said) == 1 else [part.strip() for part in said.rsplit("+", said.count("+"))]
    modifiers = [one.lower() for one in modifiers]
    base = base if len(base) == 1 else _ALIASES.get(base.lower(), base.lower())
    if len(base) == 1 and base.isprintable():
        base = next(iter(Binding.make_bindings([Binding("comma" if base == "," else base, "")]))).key
    printable = _character(base) is not None
    good = base and (base in _NAMED or printable) and all(one in _MODIFIERS for one in modifiers)
    if not good:
        near = get_close_matches(base, _NAMED, 1, 0.7)
        hint = f" Did you mean {near[0]!r}?" if near and near[0] != base else ""
        raise KeymapError(f"{action_id}: there is no key {text!r}.{hint} A key is written {_LIKE}.")
    if modifiers == ["shift"] and len(base) == 1:
        raise KeymapError(f"{action_id}: write {base.upper()!r} for {text!r}.")
    if "ctrl" in modifiers and len(base) == 1:
        base = base.lower()
    key = "+".join([*sorted(modifiers), base])
    if key in _SAME_AS:
        raise KeymapError(f"{action_id}: to a terminal {text!r} is the same key as {_SAME_AS[key]!r}; take another.")
    return key


def _must_be_wanted(action_id: str, key: str) -> None:
    """What costs or destroys stays away from slips, and a key that types a letter from where letters are typed."""
    if action_id.startswith(_TYPED_INTO) and (_types(key) or key in _EDITING):
        does = "is text" if _types(key) else "mends it"
        raise KeymapError(
            f"{action_id} cannot be {_spoken(key)}: it is used while text is typed, and there that key {does}. "
            'Take one that types nothing, such as "f5" or "ctrl+f".'
        )
    if action_id not in (*_DANGEROUS, *_ANSWERS):
        return
    why = None
    if "+" in key:
        why = "a key with ctrl, alt or shift is pressed by a slip"
    elif key in _MOVEMENTS:
        why = "that key is pressed without a thought"
    if why is not None:
        raise KeymapError(
            f"{action_id} cannot be {_spoken(key)}: {why}, and this cannot be undone. "
            "Take a letter or a function key that moves nothing."
        )


def _must_be_apart(own: Mapping[str, tuple[str, ...]]) -> None:
    """No key does two things on one screen, but for those that do so without any choice of the user."""
    for screen, inside in chain(SCREENS.items(), DIALOGS.items()):
        behind = [one for one in _bindings(BatchApp) if screen in SCREENS or one.priority]
        for widget in inside or (None,):
            before = [] if widget is None else list(_bindings(widget))
            _look_for_two(screen, [*before, *_bindings(screen), *behind], own)


def _look_for_two(screen: Owner, bindings: list[Binding], own: Mapping[str, tuple[str, ...]]) -> None:
    usual: dict[str, set[str]] = {}
    for binding in bindings:
        usual.setdefault(binding.id or "", set()).add(binding.key)
    holders: dict[str, str] = {}
    for action_id in usual:
        for key in own.get(action_id, usual[action_id]):
            other = holders.setdefault(key, action_id)
            if other == action_id or (key in usual[other] and key in usual[action_id]):
                continue
            moved, stays = (action_id, other) if action_id in own else (other, action_id)
            raise KeymapError(
                f"{moved} cannot be {_spoken(key)}: {stays} is that key on the same screen. "
                f"Take another, or put {stays} on another one too."
            )


def _must_be_answered_apart(own: Mapping[str, tuple[str, ...]], known: Mapping[str, Action]) -> None:
    """The same key twice must not both ask and say yes."""
    for action_id in _DANGEROUS:
        for answer in _ANSWERS:
            both = set(own.get(action_id, known[action_id].keys)) & set(own.get(answer, known[answer].keys))
            if both:
                raise KeymapError(
                    f"{action_id} and {answer} cannot both be {_spoken(both.pop())}: "
                    "pressed twice by a slip, it would ask and say yes. Take another key for one of them."
                )


def _character(key: str) -> str | None:
    """What a key types, or None."""
    return key_to_character(REPLACED_KEYS.get(key, key))


def _types(key: str) -> bool:
    """Whether a key types something: what it sends may be a control character, as that of escape is."""
    return (_character(key) or "\n").isprintable()


def _spoken(key: str) -> str:
    character = _character(key)
    return repr(character) if character is not None and unicodedata.category(character)[0] not in "ZC" else repr(key)


def _either(names: Iterable[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} or {last}"
