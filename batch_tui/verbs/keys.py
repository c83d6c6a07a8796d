"""The command `keys`: every action of the dashboard with its id and its keys, and the keys of the user's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from batch_tui.settings import SettingsError, default_config_path
from batch_tui.verbs.session import Exit, run

if TYPE_CHECKING:
    from batch_tui.settings import Settings
    from batch_tui.verbs.session import Session


def own_keymap(settings: Settings) -> dict[str, str]:
    """The keys of the user's own by action id, as the dashboard takes them. Raises SettingsError."""
    if not settings.keys:
        # Most people keep the usual keys.
        return {}
    from batch_tui.tui.keymap import KeymapError, read_keymap

    try:
        return read_keymap(*settings.keys)
    except KeymapError as error:
        raise SettingsError(f"{default_config_path()}: keys: {error}") from error


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object for each action.")
@click.pass_context
def keys(context: click.Context, as_json: bool) -> None:
    """List what the keys of the dashboard do, with their ids.

    The config file moves them by these ids, for example: [keys], and below it cancel = "C"
    or "results.search" = "ctrl+f,slash".
    """
    run(context, lambda session: _list(session, as_json=as_json))


def _list(session: Session, *, as_json: bool) -> int:
    import json

    from batch_tui.tui.action_list import actions

    try:
        own = own_keymap(session.settings)
    except SettingsError as error:
        raise click.UsageError(str(error)) from error
    found = actions()
    widest = max(map(len, found))
    for action_id, action in found.items():
        now = tuple(own[action_id].split(",")) if action_id in own else action.keys
        if as_json:
            said = {"id": action_id, "keys": now, "usual": action.keys, "about": action.about}
            click.echo(json.dumps(said, ensure_ascii=False))
        else:
            before = f" (usually {', '.join(action.keys)})" if now != action.keys else ""
            click.echo(f"{action_id.ljust(widest)}  {', '.join(now)}{before}: {action.about}")
    return Exit.DONE
