"""Shows a text in the user's own pager or editor, which has the terminal until it ends."""

from __future__ import annotations

import shlex
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from textual.app import SuspendNotSupported

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from textual.app import App

_USUAL = {"PAGER": "less", "EDITOR": "vi"}


class OutsideError(Exception):
    """The program could not be run; the text says which and why."""


def show_outside(
    app: App[str], text: str, program: Literal["PAGER", "EDITOR"], ending: str, environ: Mapping[str, str]
) -> None:
    """Run `$PAGER` or `$EDITOR` on a copy of the text that is thrown away afterwards. Raises OutsideError."""
    named = environ.get("VISUAL", "").strip() if program == "EDITOR" else ""
    try:
        command = shlex.split(named or environ.get(program, "").strip() or _USUAL[program])
    except ValueError as error:
        raise OutsideError(f"${program} cannot be read: {error}.") from error
    try:
        with tempfile.TemporaryDirectory(prefix="batch-tui-", ignore_cleanup_errors=True) as directory:
            path = Path(directory) / f"record{ending}"
            path.write_text(text, encoding="utf-8")
            _run(app, command, path, program)
    except OSError as error:
        said = f"No copy of it could be put into the temporary directory: {error.strerror or error}."
        raise OutsideError(f"{said} TMPDIR may name another.") from error


def _run(app: App[str], command: Sequence[str], path: Path, program: str) -> None:
    try:
        with app.suspend():
            subprocess.run([*command, str(path)], check=False)
    except SuspendNotSupported as error:
        raise OutsideError("This terminal cannot be handed over to another program.") from error
    except OSError as error:
        said = f"{command[0]} could not be started: {error.strerror or error}."
        raise OutsideError(f"{said} Set ${program} to a program you have.") from error
