"""Keys of the user's own choice: whether they can be put on the actions.

Imports no screen: the dashboard waits for it at its start.
"""

from __future__ import annotations

import unicodedata
from itertools import chain
from typing import TYPE_CHECKING, Final

from textual.binding import Binding
from textual.keys import REPLACED_KEYS, Keys, key_to_character

from batch_tui.tui.key_places import BEHIND, DIALOGS, EVERYWHERE, KEYS, SCREENS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

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


def read_keymap(*tables: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """By action id the keys as Textual takes them, comma between two; a later table wins. Raises KeymapError."""
    known = _usual_keys()
    own: dict[str, tuple[str, ...]] = {}
    for table in tables:
        own |= _by_id(table, known)
    for action_id, keys in own.items():
        for key in keys:
            _must_be_wanted(action_id, key)
    _must_be_apart(own)
    _must_be_answered_apart(own, known)
    return {action_id: ",".join(keys) for action_id, keys in own.items()}


def _usual_keys() -> dict[str, frozenset[str]]:
    """The keys of every action as they are without any choice of the user."""
    usual: dict[str, frozenset[str]] = {}
    for held in KEYS.values():
        for action_id, keys in held.items():
            usual[action_id] = usual.get(action_id, frozenset()) | frozenset(keys.split())
    return usual


def _by_id(table: Mapping[str, tuple[str, ...]], known: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The keys of one table of the config file, whichever way it names the actions."""
    own: dict[str, tuple[str, ...]] = {}
    for name, keys in table.items():
        action_id = _id_of(name, known)
        if action_id in own:
            raise KeymapError(f"{name} and another line are both about {action_id}; keep one of them.")
        own[action_id] = tuple(dict.fromkeys(_key(action_id, key) for key in keys))
    return own


def _id_of(name: str, known: Iterable[str]) -> str:
    """The id meant, which may be its last part where only one ends so."""
    if name in known:
        return name
    ending = [each for each in known if each.partition(".")[2] == name]
    if len(ending) == 1:
        return ending[0]
    if ending:
        raise KeymapError(f"{name} may be {_either(ending)}; write which.")
    near = _near(name, [*known, *(each.partition(".")[2] for each in known)])
    hint = f" Did you mean {near}?" if near else ""
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
        near = _near(base, _NAMED)
        hint = f" Did you mean {near!r}?" if near and near != base else ""
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
        behind = {one: keys for one, keys in KEYS[BEHIND].items() if screen in SCREENS or one in EVERYWHERE}
        for part in inside or (None,):
            _look_for_two([KEYS[part] if part else {}, KEYS[screen], behind], own)


def _look_for_two(held: Iterable[Mapping[str, str]], own: Mapping[str, tuple[str, ...]]) -> None:
    usual: dict[str, set[str]] = {}
    for action_id, keys in chain.from_iterable(one.items() for one in held):
        usual.setdefault(action_id, set()).update(keys.split())
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


def _must_be_answered_apart(own: Mapping[str, tuple[str, ...]], known: Mapping[str, frozenset[str]]) -> None:
    """The same key twice must not both ask and say yes."""
    for action_id in _DANGEROUS:
        for answer in _ANSWERS:
            both = set(own.get(action_id, known[action_id])) & set(own.get(answer, known[answer]))
            if both:
                raise KeymapError(
                    f"{action_id} and {answer} cannot both be {_spoken(both.pop())}: "
                    "pressed twice by a slip, it would ask and say yes. Take another key for one of them."
                )


def _near(name: str, known: Iterable[str]) -> str | None:
    """What may have been meant."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(name, known, 1, 0.7)), None)


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
