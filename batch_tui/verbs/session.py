"""What the command line hands to a verb, and how a verb ends: one sentence on stderr and an exit code."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
import platformdirs

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_tui.api.client import BatchClient
    from batch_tui.results.store import ResultsStore
    from batch_tui.settings import Settings

SESSION: Final = "batch_tui.session"
"""Where in click's context the function is that makes the Session."""


class Exit(IntEnum):
    """Exit codes (design.md §6)."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    UNREACHABLE = 3
    NOT_READY = 4
    INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Session:
    """The settings in force, and how to reach the API with them."""

    settings: Settings
    connect: Callable[[], BatchClient]
    """Raises click.UsageError where there are no credentials."""
    own_prices: Path | None = None
    """Where the user may have put prices of their own."""
    credentials_source: Callable[[], tuple[str | None, str | None]] = lambda: (None, None)
    """The name of the variable that holds the credentials, or None and why there are none."""

    @property
    def host(self) -> str:
        """Who is asked, as sentences name it; may be untrusted."""
        return self.settings.base_url.partition("://")[2]

    def store(self) -> ResultsStore:
        """The results stored on this machine."""
        from batch_tui.results.store import ResultsStore

        return ResultsStore(self.settings.cache_dir / "results", self.settings.base_url)

    def journal_directory(self) -> Path:
        """Where it is written down what was sent."""
        return Path(platformdirs.user_state_dir("batch-tui")) / "submissions"

    def must_not_be_read_only(self, verb: str) -> None:
        """Raises click.UsageError if nothing may be changed."""
        if self.settings.read_only:
            where = f"profile {self.settings.profile}" if self.settings.profile != "default" else "these settings"
            raise click.UsageError(f"{verb} changes something at the API, and {where} are read-only.")


def session_of(context: click.Context) -> Session:
    """The session of this command line. Raises click.UsageError for settings that cannot be used."""
    session: Session = context.meta[SESSION]()
    return session


def run(context: click.Context, verb: Callable[[Session], int], *, interrupted: str = "Stopped.") -> None:
    """Run a verb and end with its exit code; trouble with the API is a sentence and a code."""
    from batch_tui.api.errors import APIConnectionError, BatchAPIError
    from batch_tui.tui.text import plain
    from batch_tui.tui.trouble import describe

    session = session_of(context)
    try:
        code = verb(session)
        sys.stdout.flush()
    except BatchAPIError as error:
        click.echo(plain(str(describe(error, host=session.host))), err=True)
        context.exit(Exit.UNREACHABLE if isinstance(error, APIConnectionError) else Exit.REFUSED)
    except BrokenPipeError:
        # Whoever reads has enough, as `head` does; Python must not complain about it on its way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        context.exit(Exit.DONE)
    except KeyboardInterrupt:
        click.echo(interrupted, err=True)
        context.exit(Exit.INTERRUPTED)
    context.exit(code)


def confirmed(question: str, *, yes: bool) -> bool:
    """Ask on a terminal; elsewhere only `yes` will do. Raises click.UsageError there without it."""
    if yes:
        return True
    if not sys.stdin.isatty():
        raise click.UsageError("This is no terminal to ask on: add --yes.")
    return click.confirm(question, err=True)
