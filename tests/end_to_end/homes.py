"""A home directory that no program has seen before, and the environment that points to it."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

BATCH_TUI = str(Path(sysconfig.get_path("scripts")) / "batch-tui")
"""The console script, as a user would start it."""

_KEPT = ("PATH", "VIRTUAL_ENV", "SYSTEMROOT")


class Home:
    """Directories under `path` for everything a program may want to keep."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._temporary = path / "tmp"
        self._temporary.mkdir(parents=True)

    def environment(self, more: Mapping[str, str]) -> dict[str, str]:
        """A bare environment: no key, no proxy, no setting of whoever runs the tests; then `more`."""
        bare = {name: os.environ[name] for name in _KEPT if name in os.environ}
        return {
            **bare,
            "HOME": str(self.path),
            "XDG_CONFIG_HOME": str(self.path / "config"),
            "XDG_CACHE_HOME": str(self.path / "cache"),
            "XDG_DATA_HOME": str(self.path / "data"),
            "XDG_STATE_HOME": str(self.path / "state"),
            "TMPDIR": str(self._temporary),
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            **more,
        }

    def run(
        self, *command: str, environment: Mapping[str, str] | None = None, stdin: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end with pipes for input and output, that is, without a terminal."""
        return subprocess.run(
            command,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            cwd=self.path,
            env=self.environment(environment or {}),
        )

    def config_file(self, text: str) -> Path:
        """Write the config file where the program looks for it."""
        where = "from batch_tui.settings import default_config_path; print(default_config_path())"
        path = Path(self.run(sys.executable, "-c", where).stdout.strip())
        path.parent.mkdir(parents=True)
        path.write_text(text, encoding="utf-8")
        return path

    def temporary_files(self) -> list[Path]:
        """What was left in the directory for temporary files."""
        return sorted(self._temporary.iterdir())

    def files_with(self, secret: bytes) -> list[Path]:
        """Files under this home that hold some bytes."""
        return [path for path in self.path.rglob("*") if path.is_file() and secret in path.read_bytes()]
