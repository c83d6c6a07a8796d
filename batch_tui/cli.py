"""argv → verb. stdout is data, stderr is narration; the dashboard and the simulator are loaded only when asked for."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from batch_tui import __version__
from batch_tui.settings import Settings, SettingsError, default_config_path, load_settings, own_prices_path
from batch_tui.verbs.cache import CACHE_DIRECTORY, cache

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from batch_tui.api.calls import CallRecord
    from batch_tui.api.client import BatchClient
    from batch_tui.api.credentials import Credentials
    from batch_tui.tui.app import BatchApp


class Exit(IntEnum):
    """Exit codes (design.md §6)."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    UNREACHABLE = 3
    NOT_READY = 4
    INTERRUPTED = 130


_PATIENCE = 30.0
"""Seconds without a byte after which an answer is given up; the client's own default of 600 would freeze the list."""

_CHAOS_HELP = (
    "Trouble to make: cut, dirty, expired, flaky, hostile, lag, proxy, slow or stuck; with a rate as flaky:0.3; "
    "may be given more than once."
)

DEMO_KEY = "demo-key"
"""The simulator of the demo accepts any key; this one is not a secret."""


def main() -> None:
    """Run the command line; every expected error ends in one sentence on stderr."""
    command(prog_name="batch-tui")


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "--version", prog_name="batch-tui")
@click.option("--profile", help="Use the settings of this profile of the config file.")
@click.option("--base-url", help="Ask this API instead of https://api.anthropic.com.")
@click.option("--cache-dir", type=click.Path(path_type=Path, file_okay=False), help="Keep results here.")
@click.option("--read-only", is_flag=True, default=None, help="Offer nothing that changes anything at the API.")
@click.option("--theme", type=click.Choice(["dark", "light"]), help="Colours to start with; T switches.")
@click.pass_context
def command(context: click.Context, /, **flags: Any) -> None:
    """Watch, cancel, delete and browse Claude Message Batches.

    Without a command: the dashboard. It needs ANTHROPIC_API_KEY (or ANTHROPIC_AUTH_TOKEN) in the
    environment; without one it says how to get going. `batch-tui demo` needs nothing.
    """
    context.obj = flags
    context.meta[CACHE_DIRECTORY] = lambda: _settings(flags).cache_dir / "results"
    if context.invoked_subcommand is None:
        context.exit(_dashboard(_settings(flags)))


def _world(verb: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say which made-up world is served."""
    options = (
        click.option("--batches", type=click.IntRange(0), default=240, show_default=True, help="Finished batches."),
        click.option("--seed", type=int, default=1, show_default=True, help="Another seed makes another world."),
        click.option(
            "--speed",
            type=click.FloatRange(0, min_open=True),
            default=1.0,
            show_default=True,
            help="How fast time passes.",
        ),
    )
    for option in reversed(options):
        verb = option(verb)
    return verb


@command.command()
@_world
@click.option("--theme", type=click.Choice(["dark", "light"]), help="Colours to start with; T switches.")
@click.pass_context
def demo(context: click.Context, theme: str | None, batches: int, seed: int, speed: float) -> None:
    """Start the dashboard on made-up batches, served by a simulator on this machine."""
    settings = _settings(context.obj | ({"theme": theme} if theme else {}))
    context.exit(_demo(settings, batches=batches, seed=seed, speed=speed))


@command.command()
@click.option("--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="0 takes a free one.")
@_world
@click.option("--chaos", multiple=True, help=_CHAOS_HELP)
@click.option(
    "--counts",
    type=click.Choice(["final", "gradual"]),
    default="final",
    show_default=True,
    help="When outcome counts move: at the end, as documented, or as requests finish.",
)
@click.option(
    "--requests-per-minute", type=click.IntRange(1), help="Answer 429 to what exceeds this; no limit by default."
)
@click.option("--gzip", is_flag=True, help="Compress results for clients that accept it.")
@click.option(
    "--lenient", is_flag=True, help="Accept the API reference's examples: message_batch_id, cursors of nothing."
)
@click.option("--api-key", help="Refuse every other key. Not a secret: made up for this simulator.")
@click.option("--until-stdin-closes", is_flag=True, hidden=True)
def simulate(until_stdin_closes: bool, **options: Any) -> None:
    """Serve a faithful stand-in of the Message Batches API on this machine.

    The first line of stdout is its address. It stops on Ctrl+C.
    """
    from batch_tui.simulator import Simulator

    def ready(url: str) -> None:
        click.echo(url)
        sys.stdout.flush()
        click.echo(f"Serving made-up batches. Try: ANTHROPIC_API_KEY=any batch-tui --base-url {url}", err=True)

    try:
        simulator = Simulator(**options)
        simulator.serve(on_ready=ready, until=_stdin_closed if until_stdin_closes else None)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    except OSError as error:
        raise click.ClickException(str(error)) from error


@command.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_context
def check(context: click.Context, file: Path) -> None:
    """Check a JSONL FILE of requests before it is sent; every problem is a line on stdout.

    An error would make the API refuse the whole batch; a warning is about one request that would come back errored.
    """
    from batch_tui.submission.request_file import RequestFileError, check_request_file
    from batch_tui.tui.text import number, plain, plural, size

    try:
        found = check_request_file(file, api_version=_settings(context.obj).api_version)
    except RequestFileError as error:
        raise click.ClickException(plain(str(error))) from error
    for problem in found.problems:
        where = f"{file}:{problem.line}" if problem.line else f"{file}"
        click.echo(plain(f"{where}: {problem.severity}: {problem.sentence} {problem.advice}"))
    left_out = found.errors + found.warnings - len(found.problems)
    if left_out:
        click.echo(f"{number(left_out)} more problems are not listed.", err=True)
    verdict = "can be sent" if found.ok else "would be refused"
    amount = f"{plural(found.requests, 'request')}, {size(found.bytes)}"
    problems = f"{plural(found.errors, 'error')}, {plural(found.warnings, 'warning')}"
    click.echo(f"{amount}: {verdict} ({problems}).", err=True)
    context.exit(Exit.DONE if found.ok else Exit.REFUSED)


@command.command()
@click.argument("batch_id", metavar="ID")
@click.option("--filter", default="", help="Only rows like: type:errored  error~credit  out>3000  .label=x  word")
@click.option("--format", type=click.Choice(["jsonl", "csv", "md"]), help="jsonl, or what the file's name ends in.")
@click.option("--column", "columns", multiple=True, help="A JSON path as a further column of a .csv; repeatable.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file, whole.")
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
@click.option("--summary", is_flag=True, help="Totals, cost and errors instead of rows.")
@click.option("--offline", is_flag=True, help="Only what is stored on this machine.")
@click.pass_context
def results(context: click.Context, /, offline: bool, **wanted: Any) -> None:
    """Give the results of batch ID: fetched once, stored, checked for completeness, then written to stdout.

    JSON lines come byte for byte as the API sent them. Exit code 1 if rows are missing, 4 if the batch has not ended.
    """
    from batch_tui.results.store import ResultsStore
    from batch_tui.verbs.results import Wish
    from batch_tui.verbs.results import results as give

    settings = _settings(context.obj)
    store = ResultsStore(settings.cache_dir / "results", settings.base_url)

    def connect() -> BatchClient:
        from batch_tui.api.client import BatchClient

        credentials, reason = _credentials(settings)
        if credentials is None:
            raise click.UsageError(reason or "No credentials.")
        return BatchClient(timeout=2 * _PATIENCE, **_client_options(settings, credentials))

    try:
        context.exit(give(Wish.of(**wanted), store, None if offline else connect, own_prices_path()))
    except BrokenPipeError:
        # Whoever reads has enough, as `head` does; Python must not complain about it on its way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        context.exit(Exit.DONE)
    except KeyboardInterrupt:
        click.echo("Stopped. What came is kept; the same command goes on.", err=True)
        context.exit(Exit.INTERRUPTED)


command.add_command(cache)


def _stdin_closed() -> bool:
    readable, _, _ = select.select([sys.stdin], [], [], 0)
    return bool(readable) and not os.read(sys.stdin.fileno(), 1)


def _settings(flags: dict[str, Any]) -> Settings:
    try:
        return load_settings(flags, os.environ, default_config_path())
    except SettingsError as error:
        raise click.UsageError(str(error)) from error


def _need_terminal() -> None:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.UsageError("The dashboard needs a terminal, and this is none.")


def _dashboard(settings: Settings) -> int:
    """The dashboard on the user's own workspace; asks for credentials on screen when there are none."""
    _need_terminal()
    credentials, reason = _credentials(settings)
    if _run(_app(settings, credentials, no_credentials=reason)) == "demo":
        return _demo(settings, batches=240, seed=1, speed=1.0)
    return Exit.DONE


def _credentials(settings: Settings) -> tuple[Credentials | None, str | None]:
    """Who asks the API; without anybody, the sentence that says what is missing."""
    from batch_tui.api.credentials import Credentials, credentials_from
    from batch_tui.api.errors import CredentialsError

    usual = settings.api_key_env == Settings().api_key_env
    try:
        if usual:
            found = credentials_from(os.environ)
        else:
            # Never fall back to another key: it belongs to another workspace, perhaps another host.
            key = os.environ.get(settings.api_key_env, "").strip()
            found = Credentials(api_key=key) if key else None
    except CredentialsError as error:
        return None, str(error)
    if found is not None:
        return found, None
    places = f"{settings.api_key_env} is not set (profile {settings.profile})"
    if usual:
        places = f"neither {settings.api_key_env} nor ANTHROPIC_AUTH_TOKEN is set"
    return None, f"No credentials: {places}."


def _client_options(settings: Settings, credentials: Credentials | None) -> dict[str, Any]:
    return {
        "credentials": credentials,
        "base_url": settings.base_url,
        "api_version": settings.api_version,
        "auth_style": settings.auth_style,
        "workspace_id": settings.workspace_id,
    }


def _demo(settings: Settings, *, batches: int, seed: int, speed: float) -> int:
    """Simulator and dashboard; what the demo downloads is thrown away with it."""
    from dataclasses import replace

    from batch_tui.api.credentials import Credentials

    _need_terminal()
    started, began = datetime.now(UTC), time.monotonic()

    def now() -> datetime:
        return started + timedelta(seconds=(time.monotonic() - began) * speed)

    arguments = ["--batches", str(batches), "--seed", str(seed), "--speed", str(speed)]
    with tempfile.TemporaryDirectory(prefix="batch-tui-demo-") as cache, _simulator_process(arguments) as url:
        here = replace(settings, base_url=url, cache_dir=Path(cache), profile="demo", workspace_id=None)
        app = _app(here, Credentials(api_key=DEMO_KEY), now=now)
        _run(app)
    return Exit.DONE


@contextmanager
def _simulator_process(arguments: list[str]) -> Iterator[str]:
    """A simulator in a process of its own, so that it never competes with the screen; ends with ours."""
    line = [sys.executable, "-m", "batch_tui", "simulate", "--port", "0", "--until-stdin-closes", *arguments]
    with subprocess.Popen(
        line,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None  # a pipe, as asked for above
        assert process.stderr is not None
        url = process.stdout.readline().strip()
        if not url:
            raise click.ClickException(f"The simulator did not start: {process.stderr.read().strip()}")
        try:
            yield url
        finally:
            process.send_signal(signal.SIGTERM)


def _app(
    settings: Settings,
    credentials: Any,
    *,
    now: Callable[[], datetime] | None = None,
    no_credentials: str | None = None,
) -> BatchApp:
    """The dashboard for these settings; the clients are made later, in a thread of the app."""
    from batch_tui.monitor.poller import Pace
    from batch_tui.monitor.server_clock import ServerClock, utc_now
    from batch_tui.results.store import ResultsStore
    from batch_tui.tui.app import BatchApp
    from batch_tui.tui.connection import Connection, Origin

    clock = ServerClock(now or utc_now)

    def note_date(call: CallRecord) -> None:
        clock.note(call.server_date)

    def connect() -> Connection:
        from batch_tui.api.client import AsyncBatchClient, BatchClient

        options = _client_options(settings, credentials)
        client = AsyncBatchClient(on_call=note_date, timeout=_PATIENCE, **options)
        return Connection(client, BatchClient(timeout=2 * _PATIENCE, **options))

    split = urlsplit(settings.base_url)
    themes = ("textual-dark", "textual-light")
    return BatchApp(
        connect,
        ResultsStore(settings.cache_dir / "results", settings.base_url),
        origin=Origin(split.netloc.rpartition("@")[2] or settings.base_url, settings.profile),
        now=clock,
        pace=Pace(running=settings.poll_seconds, idle=max(30.0, settings.poll_seconds)),
        read_ahead=settings.read_ahead_mb * 2**20,
        cache_limit=round(settings.cache_limit_gb * 1e9),
        themes=themes if settings.theme == "dark" else (themes[1], themes[0]),
        no_credentials=no_credentials,
        read_only=settings.read_only,
        own_prices=own_prices_path(),
    )


def _run(app: BatchApp) -> str | None:
    result = app.run()
    if app.return_code:
        raise SystemExit(app.return_code)
    return result
