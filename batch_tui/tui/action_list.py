"""Every action of the dashboard with its keys and what it is for, read from the bindings of every screen."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Final

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
    from collections.abc import Iterator

    from textual.binding import Binding
    from textual.dom import DOMNode

OWNERS: Final[tuple[type[DOMNode], ...]] = (
    *(BatchListScreen, BatchDetailScreen, ResultsScreen, SavedScreen, ActivityScreen, WelcomeScreen),
    *(VirtualTable, FilterInput, TextPane, JsonPane, NumberInput),
    *(BulkDialog, BulkProgress, ConfirmDialog, FrequenciesScreen, HelpScreen, MenuDialog, NameDialog),
    *(ProgressDialog, PromptDialog, SummaryScreen),
    BatchApp,
)
"""Whatever has keys of its own."""


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
    for binding in chain.from_iterable(bindings_of(owner) for owner in OWNERS):
        before = found.get(binding.id or "")
        keys = (*(before.keys if before else ()), binding.key)
        about = before.about if before else binding.tooltip or binding.description
        found[binding.id or ""] = Action(binding.id or "", tuple(dict.fromkeys(keys)), about)
    return dict(sorted(found.items(), key=lambda one: one[0].partition(".")[0]))


def bindings_of(owner: type[DOMNode]) -> Iterator[Binding]:
    """The keys of a class and those it inherits, where they are actions of ours; one for each key."""
    merged = owner._merged_bindings
    return iter(()) if merged is None else (binding for _, binding in merged if binding.id)
