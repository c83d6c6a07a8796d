"""What the command line hands to a verb, and how a verb ends: one sentence on stderr and an exit code."""

from __future__ import annotations

import errno
import os
import sys
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
import msgspec
import platformdirs

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_tui.api.client import BatchClient
    from batch_tui.results.store import ResultsStore
    from batch_tui.settings import Settings

SESSION: Final = "batch_tui.session"
"""Where in click's context the function is that makes the Session."""

CACHE_DIRECTORY: Final = "batch_tui.cache_directory"
"""Where in click's context the function is that knows the directory of all stored results."""


class Exit(IntEnum):
    """Exit codes (design.md §6)."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    UNREACHABLE = 3
    NOT_READY = 4
    INTERRUPTED = 130


class Session(msgspec.Struct, frozen=True):
    """The settings in force, and how to reach the API with them."""

    settings: Settings
    connect: Callable[[], BatchClient]
    """Raises click.UsageError where there are no credentials."""
    own_prices: Path | None = None
    """Where the user may have put prices of their own."""
    credentials_source: Callable[[], tuple[str | None, str | None]] = lambda: (None, None)
    """What holds the credentials, such as a variable or a login, or None and why there are none."""

    @property
    def host(self) -> str:
        """Who is asked, as sentences name it; may be untrusted."""
        return self.settings.base_url.partition("://")[2]

    def store(self) -> ResultsStore:
        """The results stored on this machine."""
        from batch_tui.results.store import ResultsStore

        return ResultsStore(self.settings.cache_dir / "results", self.settings.base_url)

    @property
    def cache_limit(self) -> int:
        """Bytes that all stored results together may take; 0 is any number."""
        return round(self.settings.cache_limit_gb * 1e9)

    def journal_directory(self) -> Path:
        """Where it is written down what was sent."""
        return journal_directory()

    def must_not_be_read_only(self, verb: str) -> None:
        """Raises click.UsageError if nothing may be changed."""
        if self.settings.read_only:
            where = (
                f"profile {self.settings.profile} is" if self.settings.profile != "default" else "these settings are"
            )
            raise click.UsageError(f"{verb} changes something at the API, and {where} read-only.")


def session_of(context: click.Context) -> Session:
    """The session of this command line. Raises click.UsageError for settings that cannot be used."""
    session: Session = context.meta[SESSION]()
    return session


def state_directory() -> Path:
    """Where the program keeps what it saw and did, apart from what the user wrote."""
    return Path(platformdirs.user_state_dir("batch-tui"))


def journal_directory() -> Path:
    """Where verbs and dashboard write down what they send."""
    return state_directory() / "submissions"


def access_of(settings: Settings) -> str:
    """With what the API is asked, in names: two that differ may stand for two workspaces.

    The profile is no part of it: one that asks with the same key asks the same workspace.
    """
    workspace = f"workspace {settings.workspace_id}, " if settings.workspace_id else ""
    return f"{workspace}key of {settings.api_key_env}"


def run(context: click.Context, verb: Callable[[Session], int], *, interrupted: str = "Stopped.") -> None:
    """Run a verb and end with its exit code; trouble with the API or the disk is a sentence and a code."""
    from batch_tui.api.errors import APIConnectionError, BatchAPIError
    from batch_tui.results.errors import ResultsStoreError
    from batch_tui.tui.text import plain
    from batch_tui.tui.trouble import describe

    session = session_of(context)
    code: int = Exit.DONE
    try:
        code = verb(session)
        sys.stdout.flush()
    except ResultsStoreError as error:
        raise click.ClickException(plain(str(error))) from error
    except BatchAPIError as error:
        click.echo(plain(str(describe(error, host=session.host))), err=True)
        context.exit(Exit.UNREACHABLE if isinstance(error, APIConnectionError) else Exit.REFUSED)
    except BrokenPipeError:
        # Whoever reads has enough, as `head` does.
        _write_to_nobody()
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EIO):
            raise
        _write_to_nobody()
        raise click.ClickException(f"What was asked for could not be written: {error.strerror}.") from error
    except (KeyboardInterrupt, click.Abort):
        click.echo(interrupted, err=True)
        context.exit(Exit.INTERRUPTED)
    context.exit(code)


def whoever_reads(write: Callable[[], object]) -> None:
    """Print for a verb that must go on when nobody reads any more: what it prints from then on is lost."""
    try:
        write()
        sys.stdout.flush()
    except BrokenPipeError:
        _write_to_nobody()


def _write_to_nobody() -> None:
    """Python must not complain of the closed pipe on its way out."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def confirmed(question: str, *, yes: bool) -> bool:
    """Ask on a terminal; elsewhere only `yes` will do. Raises click.UsageError there without it."""
    if yes:
        return True
    if not sys.stdin.isatty():
        raise click.UsageError("This is no terminal to ask on: add --yes.")
    return click.confirm(question, err=True)
