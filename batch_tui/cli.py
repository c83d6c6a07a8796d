"""argv → verb. stdout is data, stderr is narration; the dashboard and the simulator are loaded only when asked for."""

from __future__ import annotations

import gc
import os
import select
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click
from msgspec.structs import replace

from batch_tui import __version__
from batch_tui.alerts_of import alerts_of
from batch_tui.demo_server import simulator_process
from batch_tui.profile_choice import flags_for, read_profiles
from batch_tui.settings import (
    Hooks,
    Settings,
    SettingsError,
    default_config_path,
    load_settings,
    own_prices_path,
)
from batch_tui.verbs.batches import COMMANDS as BATCH_COMMANDS
from batch_tui.verbs.cache import CACHE_DIRECTORY, cache
from batch_tui.verbs.doctor import doctor
from batch_tui.verbs.keys import keys, own_keymap
from batch_tui.verbs.requests import COMMANDS as REQUEST_COMMANDS
from batch_tui.verbs.session import SESSION, Exit, Session, access_of, journal_directory, state_directory

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_tui.api.calls import CallRecord
    from batch_tui.api.client import BatchClient
    from batch_tui.api.credential_chain import FoundCredentials
    from batch_tui.api.credentials import Credentials
    from batch_tui.results.store import ResultsStore
    from batch_tui.tui.app import BatchApp
    from batch_tui.tui.profile_app import ProfilesRead

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
    # httpx would import a command line of its own, with its colours and tables; it catches the ImportError.
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # None makes the import fail, says the language reference
    if isinstance(sys.stdout, TextIOWrapper):
        # A terminal of few characters shows the others escaped, as it does for stderr.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        code = command.main(prog_name="batch-tui", standalone_mode=False)
    except click.Abort:
        click.echo("Stopped.", err=True)
        code = Exit.INTERRUPTED
    except click.ClickException as error:
        error.show()
        if isinstance(error, click.NoSuchOption) and any(error.option_name in one.opts for one in command.params):
            click.echo(f"It goes before the verb: batch-tui {error.option_name} … VERB.", err=True)
        code = error.exit_code
    sys.exit(code)


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

    Without a command: the dashboard. It needs a key in ANTHROPIC_API_KEY, a token in ANTHROPIC_AUTH_TOKEN
    or the login of `ant auth login`; without any it says how to get going. `batch-tui demo` needs nothing.
    """
    context.obj = flags
    context.meta[CACHE_DIRECTORY] = lambda: _settings(flags).cache_dir / "results"
    context.meta[SESSION] = lambda: _session(_settings(flags))
    if context.invoked_subcommand is None:
        context.exit(_dashboard(flags))
    if context.invoked_subcommand != demo.name:
        # The dashboard does so once it stands. So many, for the client is still to be imported.
        gc.set_threshold(100_000, 10, 10)
        gc.enable()


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


def _instant(_context: click.Context, _option: click.Parameter, text: str | None) -> datetime | None:
    """The instant that an option names."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(f"{text!r} is no instant; write it as 2026-11-22T12:00:00Z.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@command.command()
@_world
@click.option("--theme", type=click.Choice(["dark", "light"]), help="Colours to start with; T switches.")
@click.pass_context
def demo(context: click.Context, theme: str | None, batches: int, seed: int, speed: float) -> None:
    """Start the dashboard on made-up batches. A simulator on this machine serves them."""
    flags = context.obj | ({"theme": theme} if theme else {})
    try:
        settings = load_settings(flags, os.environ, default_config_path())
        own_keymap(settings)
    except SettingsError as error:
        # The demo needs nothing of it, and may be what shows how the program works.
        click.echo(f"The demo starts without these settings: {error}", err=True)
        settings = load_settings({"theme": theme}, {}, Path(os.devnull))
    context.exit(_demo(settings, batches=batches, seed=seed, speed=speed))


@command.command()
@click.option("--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="0 takes a free one.")
@_world
@click.option(
    "--now",
    metavar="INSTANT",
    callback=_instant,
    help="When its time begins, such as 2026-11-22T12:00:00Z; by default now.",
)
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
    """Serve a stand-in of the Message Batches API on this machine.

    The first line of stdout is its address. It stops on Ctrl+C.
    """
    from batch_tui.simulator import Simulator

    def stdin_closed() -> bool:
        readable, _, _ = select.select([sys.stdin], [], [], 0)
        return bool(readable) and not os.read(sys.stdin.fileno(), 1)

    def ready(url: str) -> None:
        click.echo(url)
        sys.stdout.flush()
        click.echo(f"Serving made-up batches. Try: ANTHROPIC_API_KEY=any batch-tui --base-url {url}", err=True)

    try:
        simulator = Simulator(**options)
        simulator.serve(on_ready=ready, until=stdin_closed if until_stdin_closes else None)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    except OSError as error:
        raise click.ClickException(str(error)) from error


for verb in (*BATCH_COMMANDS, *REQUEST_COMMANDS, cache, doctor, keys):
    command.add_command(verb)


def _settings(flags: dict[str, Any]) -> Settings:
    try:
        return load_settings(flags, os.environ, default_config_path())
    except SettingsError as error:
        raise click.UsageError(str(error)) from error


def _session(settings: Settings) -> Session:
    """What the headless verbs are given."""

    def connect() -> BatchClient:
        from batch_tui.api.client import BatchClient
        from batch_tui.api.transport import patience

        credentials, reason = _credentials(settings)
        if credentials is None:
            raise click.UsageError(reason or "No credentials.")
        return BatchClient(timeout=patience(2 * _PATIENCE), **_client_options(settings, credentials))

    def source() -> tuple[str | None, str | None]:
        found, reason = _found_credentials(settings)
        return (None, reason) if found.credentials is None else (found.source, None)

    return Session(settings, connect, own_prices_path(), source)


def _need_terminal() -> None:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.UsageError("The dashboard needs a terminal, and this is none.")
    if os.environ.get("TERM") == "dumb":
        raise click.UsageError("TERM is dumb: the dashboard needs a terminal that can place text. The verbs work here.")


def _dashboard(flags: dict[str, Any]) -> int:
    """The dashboard on the user's own workspace, and on that of each profile that is gone over to."""
    from batch_tui.tui.profile_app import ANOTHER

    settings = _settings(flags)
    first = settings.profile
    _need_terminal()
    while True:
        credentials, reason = _credentials(settings)
        try:
            app = _app(settings, credentials, no_credentials=reason, profiles=partial(read_profiles, flags, first))
        except SettingsError as error:
            raise click.UsageError(str(error)) from error
        result = _run(app)
        if result == "demo":
            return _demo(settings, batches=240, seed=1, speed=1.0)
        if result is None:
            return Exit.DONE
        settings = _settings(flags_for(result.removeprefix(ANOTHER), flags, first))
        # What the app before had put aside for good is garbage now.
        del app
        gc.unfreeze()


def _credentials(settings: Settings) -> tuple[Credentials | None, str | None]:
    """Who asks the API; without anybody, the sentence that says what is missing."""
    found, reason = _found_credentials(settings)
    return found.credentials, reason


def _found_credentials(settings: Settings) -> tuple[FoundCredentials, str | None]:
    """The same with where they were found."""
    from batch_tui.api.credential_chain import FoundCredentials, find_credentials
    from batch_tui.api.credentials import Credentials
    from batch_tui.api.errors import CredentialsError

    usual = settings.api_key_env == Settings().api_key_env
    try:
        if usual:
            found = find_credentials(os.environ, base_url=settings.base_url)
        else:
            # Never fall back to another key: it belongs to another workspace, perhaps another host.
            key = os.environ.get(settings.api_key_env, "").strip()
            found = FoundCredentials(Credentials(api_key=key) if key else None, settings.api_key_env)
    except CredentialsError as error:
        return FoundCredentials(None), str(error)
    if found.base_url and found.base_url != settings.base_url:
        return FoundCredentials(None), (
            f"The login of {found.source} is for {found.base_url}, and is not used for {settings.base_url}. "
            f"Start with --base-url {found.base_url}, or set ANTHROPIC_API_KEY."
        )
    if found.credentials is not None:
        return found, None
    places = f"{settings.api_key_env} is not set (profile {settings.profile})"
    if usual:
        places = f"neither {settings.api_key_env} nor ANTHROPIC_AUTH_TOKEN is set"
    return found, found.problem or f"No credentials: {places}."


def _client_options(settings: Settings, credentials: Credentials | None) -> dict[str, Any]:
    return {
        "credentials": credentials,
        "base_url": settings.base_url,
        "allow_plain_http": settings.allow_plain_http,
        "api_version": settings.api_version,
        "auth_style": settings.auth_style,
        "workspace_id": settings.workspace_id,
    }


def _demo(settings: Settings, *, batches: int, seed: int, speed: float) -> int:
    """Simulator and dashboard; what the demo downloads is thrown away with it."""
    from batch_tui.api.credentials import Credentials

    _need_terminal()
    started, began = datetime.now(UTC), time.monotonic()

    def now() -> datetime:
        return started + timedelta(seconds=(time.monotonic() - began) * speed)

    arguments = ["--batches", str(batches), "--seed", str(seed), "--speed", str(speed)]
    with tempfile.TemporaryDirectory(prefix="batch-tui-demo-") as cache, simulator_process(arguments) as url:
        here = replace(
            settings, base_url=url, cache_dir=Path(cache), data_dir=Path(cache), profile="demo", workspace_id=None
        )
        # What is made up must not set off what the user does with real batches.
        app = _app(replace(here, hooks=Hooks()), Credentials(api_key=DEMO_KEY), now=now, remembers=False)
        _run(app)
    return Exit.DONE


def _app(
    settings: Settings,
    credentials: Any,
    *,
    now: Callable[[], datetime] | None = None,
    no_credentials: str | None = None,
    remembers: bool = True,
    profiles: Callable[[], ProfilesRead] | None = None,
) -> BatchApp:
    """The dashboard for these settings; the clients are made later, in a thread of the app."""
    from batch_tui.api.wall_clock import utc_now
    from batch_tui.monitor.activity_log import ActivityLog
    from batch_tui.monitor.notes_file import NOTES_NAME, NotesFile
    from batch_tui.monitor.order_file import ORDERS_NAME, OrderFile
    from batch_tui.monitor.poller import Pace
    from batch_tui.monitor.request_budget import RequestBudget
    from batch_tui.monitor.server_clock import ServerClock
    from batch_tui.tui import mask
    from batch_tui.tui.app import BatchApp
    from batch_tui.tui.connection import Connection, Origin, Submissions

    clock = ServerClock(now or utc_now)

    activity, budget = ActivityLog(clock), RequestBudget(settings.requests_per_minute)

    def note_request(call: CallRecord) -> None:
        activity.note(call)
        budget.note(call)

    def note_call(call: CallRecord) -> None:
        clock.note(call.server_date, call.seconds)
        note_request(call)

    def connect() -> Connection:
        from batch_tui.api.client import AsyncBatchClient, BatchClient
        from batch_tui.api.transport import patience

        options = _client_options(settings, credentials)
        client = AsyncBatchClient(on_call=note_call, timeout=patience(_PATIENCE), **options)
        return Connection(client, BatchClient(on_call=note_request, timeout=patience(2 * _PATIENCE), **options))

    def open_store() -> ResultsStore:
        from batch_tui.results.store import ResultsStore

        return ResultsStore(settings.cache_dir / "results", settings.base_url)

    split = urlsplit(settings.base_url)
    themes = ("textual-dark", "textual-light")
    return BatchApp(
        connect,
        open_store,
        origin=Origin(split.netloc.rpartition("@")[2] or settings.base_url, settings.profile, settings.base_url),
        submissions=Submissions(
            journal_directory() if remembers else settings.cache_dir / "submissions",
            settings.base_url,
            access_of(settings),
            settings.api_version,
        ),
        now=clock,
        pace=Pace(
            running=settings.poll_seconds,
            idle=max(min(30.0, settings.poll_slowest_seconds), settings.poll_seconds),
            slowest=settings.poll_slowest_seconds,
        ),
        budget=budget,
        read_ahead=settings.read_ahead_mb * 2**20,
        cache_limit=round(settings.cache_limit_gb * 1e9),
        themes=themes if settings.theme == "dark" else (themes[1], themes[0]),
        no_credentials=no_credentials,
        # Whoever has masked the screen goes over to another profile masked.
        masked=settings.mask or mask.is_on(),
        profiles=profiles,
        read_only=settings.read_only,
        undo_seconds=settings.undo_seconds,
        activity=activity,
        notes_file=NotesFile(settings.data_dir / NOTES_NAME),
        order_file=OrderFile(state_directory() / ORDERS_NAME, settings.profile) if remembers else None,
        own_prices=own_prices_path(),
        keymap=own_keymap(settings),
        alerts=alerts_of(settings, clock, remembers=remembers),
    )


def _run(app: BatchApp) -> str | None:
    result = app.run()
    if app.return_code:
        raise SystemExit(app.return_code)
    return result
