"""Which action has which keys where: the bindings of every screen, written down so that no screen is imported for them.

Held against the screens by tests/tui/test_keymap.py, which says what to write here.
"""

from __future__ import annotations

from typing import Final

_BATCH: Final = {
    "batch.detail": "enter l",
    "batch.results": "v",
    "batch.cancel": "c",
    "batch.delete": "D",
    "batch.resubmit": "R",
    "batch.undo": "u",
    "batch.job": "b",
    "batch.watch": "m",
    "batch.save": "w",
    "batch.name": "t",
    "batch.copy": "y",
}
"""What can be done with a batch, on the list as on its page."""

KEYS: Final[dict[str, dict[str, str]]] = {
    "BatchListScreen": {
        **_BATCH,
        "batch.filter": "slash",
        "batch.clear_filter": "escape",
        "batch.sort": "s",
        "batch.reverse": "S",
        "batch.load_all": "L",
        "batch.tab_all": "1",
        "batch.tab_running": "2",
        "batch.tab_ended": "3",
        "batch.tab_with_failures": "4",
        "batch.tab_expiring": "5",
        "batch.mark": "space",
        "batch.mark_range": "V",
        "batch.mark_all": "asterisk",
        "batch.new": "a",
        "batch.saved": "o",
    },
    "VirtualTable": {
        "table.up": "up k",
        "table.down": "down j",
        "table.page_up": "pageup",
        "table.page_down": "pagedown",
        "table.half_page_up": "ctrl+u",
        "table.half_page_down": "ctrl+d",
        "table.first": "home g",
        "table.last": "end G",
    },
    "FilterInput": {
        "filter.keep": "down enter",
        "filter.clear": "escape",
    },
    "BatchDetailScreen": {
        **_BATCH,
        "batch.back": "escape",
        "batch.next": "J",
        "batch.previous": "K",
        "batch.link": "I",
        "table.down": "j down",
        "table.up": "k up",
    },
    "ResultsScreen": {
        "record.next_tab": "tab right_square_bracket",
        "results.search": "slash",
        "results.next_hit": "n",
        "results.previous_hit": "N",
        "results.query": "f",
        "results.sort": "s",
        "results.reverse": "S",
        "results.column": "equals_sign",
        "results.values": "H",
        "results.go_to": "number_sign",
        "results.mark": "space",
        "results.mark_range": "V",
        "results.mark_all": "asterisk",
        "results.export": "w",
        "results.resubmit": "R",
        "results.copy": "y",
        "record.close": "escape",
        "results.open": "enter l",
        "record.previous_tab": "left_square_bracket",
        "record.next": "J",
        "record.previous": "K",
        "record.next_part": "right_curly_bracket",
        "record.previous_part": "left_curly_bracket",
        "record.wrap": "z",
        "record.markdown": "M",
        "record.prompt": "b",
        "results.input": "I",
        "record.down": "ctrl+f",
        "record.up": "ctrl+b",
        "results.next_error": "e",
        "results.previous_error": "E",
        "results.all": "1",
        "results.succeeded": "2",
        "results.errored": "3",
        "results.canceled": "4",
        "results.expired": "5",
        "results.suspicious": "6",
        "results.pause": "P",
        "results.summary": "i",
    },
    "TextPane": {
        "pane.up": "up k",
        "pane.down": "down j",
        "pane.left": "left h",
        "pane.right": "right l",
        "pane.top": "home g",
        "pane.bottom": "end G",
        "pane.page_up": "pageup",
        "pane.page_down": "pagedown",
        "pane.half_page_up": "ctrl+u",
        "pane.half_page_down": "ctrl+d",
    },
    "JsonPane": {
        "tree.up": "up k",
        "tree.down": "down j",
        "tree.close": "left h",
        "tree.open": "right l",
        "tree.top": "home g",
        "tree.bottom": "end G",
        "tree.page_up": "pageup",
        "tree.page_down": "pagedown",
        "tree.half_page_up": "ctrl+u",
        "tree.half_page_down": "ctrl+d",
        "tree.toggle": "enter space",
        "tree.open_all": "O",
        "tree.close_all": "C",
    },
    "SavedScreen": {
        "saved.open": "enter v l",
        "saved.delete": "D",
        "saved.pin": "P",
        "saved.copy": "y",
        "saved.close": "escape",
    },
    "ActivityScreen": {
        "activity.close": "escape exclamation_mark",
        "activity.copy": "y",
        "activity.turn": "tab",
    },
    "WelcomeScreen": {
        "app.demo": "d enter",
        "welcome.saved": "o",
    },
    "BulkDialog": {
        "bulk.keep": "escape",
    },
    "NumberInput": {
        "bulk.up": "up",
        "bulk.down": "down",
        "bulk.page_up": "pageup",
        "bulk.page_down": "pagedown",
    },
    "BulkProgress": {
        "bulk.stop": "escape u",
        "bulk.background": "b q",
        "app.mask": "X",
    },
    "ConfirmDialog": {
        "dialog.other": "tab shift+tab left right h l",
        "dialog.yes": "y",
        "dialog.also": "x",
        "dialog.saved": "s",
        "dialog.no": "n escape q",
        "dialog.down": "down j",
        "dialog.up": "up k",
        "app.mask": "X",
    },
    "FrequenciesScreen": {
        "values.choose": "enter l",
        "values.close": "escape q H",
        "app.mask": "X",
    },
    "HelpScreen": {
        "help.close": "escape q question_mark f1",
        "help.down": "j",
        "help.up": "k",
    },
    "MenuDialog": {
        "menu.close": "escape q",
        "menu.down": "j",
        "menu.up": "k",
    },
    "NameDialog": {
        "name.close": "escape",
        "name.next": "down",
        "name.previous": "up",
    },
    "ProgressDialog": {
        "progress.stop": "escape q",
    },
    "PromptDialog": {
        "prompt.complete": "tab",
        "prompt.close": "escape",
    },
    "SummaryScreen": {
        "summary.close": "escape q i",
        "app.mask": "X",
    },
    "BatchApp": {
        "app.quit": "ctrl+q ctrl+c",
        "app.mask": "X",
        "app.profile": "at",
        "app.refresh": "r",
        "app.pause": "p",
        "app.faster": "plus",
        "app.slower": "minus",
        "app.activity": "exclamation_mark",
        "app.theme": "T",
        "app.palette": "colon ctrl+p",
        "app.back": "q",
        "app.close": "escape",
        "app.help": "question_mark f1",
    },
}
"""By the name of what has them, a screen or a part of one: action ids, each with its usual keys in one text."""

BEHIND: Final = "BatchApp"
"""Whose keys work behind every screen."""

EVERYWHERE: Final = frozenset({"app.quit"})
"""Those of them that work behind a dialog too."""

SCREENS: Final[dict[str, tuple[str, ...]]] = {
    "BatchListScreen": ("VirtualTable", "FilterInput"),
    "BatchDetailScreen": (),
    "ResultsScreen": ("VirtualTable", "TextPane", "JsonPane", "FilterInput"),
    "SavedScreen": ("VirtualTable",),
    "ActivityScreen": ("VirtualTable",),
    "WelcomeScreen": (),
}
"""The screens, each with what has the focus there and keys of its own."""

DIALOGS: Final[dict[str, tuple[str, ...]]] = {
    "BulkDialog": ("NumberInput",),
    "BulkProgress": ("VirtualTable",),
    "ConfirmDialog": (),
    "FrequenciesScreen": ("VirtualTable",),
    "HelpScreen": (),
    "MenuDialog": (),
    "NameDialog": (),
    "ProgressDialog": (),
    "PromptDialog": (),
    "SummaryScreen": (),
}
"""The same for what lies over a screen, whose keys do nothing then."""
