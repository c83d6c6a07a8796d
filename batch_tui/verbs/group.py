"""The group of all commands: a verb is imported when it runs or is listed, since each start would wait for all."""

from __future__ import annotations

from importlib import import_module
from typing import Final

import click

_PLACES: Final = {
    "cache": ("batch_tui.verbs.cache", "cache"),
    "cancel": ("batch_tui.verbs.batches", "cancel"),
    "check": ("batch_tui.verbs.requests", "check"),
    "create": ("batch_tui.verbs.requests", "create"),
    "delete": ("batch_tui.verbs.batches", "delete"),
    "doctor": ("batch_tui.verbs.doctor", "doctor"),
    "keys": ("batch_tui.verbs.keys", "keys"),
    "list": ("batch_tui.verbs.batches", "list_command"),
    "resubmit": ("batch_tui.verbs.requests", "resubmit"),
    "results": ("batch_tui.verbs.batches", "results"),
    "show": ("batch_tui.verbs.batches", "show"),
    "wait": ("batch_tui.verbs.batches", "wait"),
}
"""Module and attribute of each verb."""


class VerbGroup(click.Group):
    """Knows the verbs by name, beside the commands that are added to it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, sorted."""
        return sorted({*super().list_commands(ctx), *_PLACES})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, imported now if it is a verb."""
        if cmd_name in _PLACES and cmd_name not in self.commands:
            module, attribute = _PLACES[cmd_name]
            self.add_command(getattr(import_module(module), attribute), cmd_name)
        return super().get_command(ctx, cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the first argument names; for a misspelt one click compares all that are there."""
        if self.get_command(ctx, args[0]) is None:
            for name in _PLACES:
                self.get_command(ctx, name)
        return super().resolve_command(ctx, args)
