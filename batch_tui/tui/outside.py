"""Shows a text in the user's own pager or editor, which has the terminal until it ends."""

from __future__ import annotations

import shlex
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from textual.app import SuspendNotSupported

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.app import App

_USUAL = {"PAGER": "less", "EDITOR": "vi"}


class OutsideError(Exception):
    """The program could not be run; the text says which and why."""


def show_outside(
    app: App[str], text: str, program: Literal["PAGER", "EDITOR"], ending: str, environ: Mapping[str, str]
) -> None:
    """Run `$PAGER` or `$EDITOR` on a copy of the text that is thrown away afterwards. Raises OutsideError."""
    named = environ.get("VISUAL") if program == "EDITOR" else None
    try:
        command = shlex.split(named or environ.get(program) or _USUAL[program])
    except ValueError as error:
        raise OutsideError(f"${program} cannot be read: {error}.") from error
    with tempfile.TemporaryDirectory(prefix="batch-tui-") as directory:
        path = Path(directory) / f"record{ending}"
        path.write_text(text, encoding="utf-8")
        try:
            with app.suspend():
                subprocess.run([*command, str(path)], check=False)
        except SuspendNotSupported as error:
            raise OutsideError("This terminal cannot be handed over to another program.") from error
        except OSError as error:
            said = f"{command[0]} could not be started: {error.strerror or error}."
            raise OutsideError(f"{said} Set ${program} to a program you have.") from error
