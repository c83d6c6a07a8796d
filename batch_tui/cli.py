"""argv → verb. stdout is data, stderr is narration; the dashboard and the simulator are loaded only when asked for."""

from __future__ import annotations

import gc
import os
import select
import sys
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from msgspec.structs import replace

from batch_tui import __version__
from batch_tui.access import PATIENCE, client_options, credentials_for, found_credentials_for
from batch_tui.settings import (
    Hooks,
    Settings,
    SettingsError,
    default_config_path,
    load_settings,
    own_prices_path,
)
from batch_tui.verbs.group import VerbGroup
from batch_tui.verbs.session import CACHE_DIRECTORY, SESSION, Exit, Session

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_tui.api.client import BatchClient
    from batch_tui.tui.app import BatchApp


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


class _Command(VerbGroup):
    """Gives each verb its settings, also where the shell only asks how a line may go on."""

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        context = super().make_context(*args, **extra)
        flags = context.obj = context.params
        context.meta[CACHE_DIRECTORY] = lambda: _settings(flags).cache_dir / "results"
        context.meta[SESSION] = lambda: _session(_settings(flags))
        return context


@click.group(cls=_Command, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
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
    from batch_tui.verbs.keys import own_keymap

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

        credentials, reason = credentials_for(settings)
        if credentials is None:
            raise click.UsageError(reason or "No credentials.")
        return BatchClient(timeout=patience(2 * PATIENCE), **client_options(settings, credentials))

    def source() -> tuple[str | None, str | None]:
        found, reason = found_credentials_for(settings)
        return (None, reason) if found.credentials is None else (found.source, None)

    return Session(settings, connect, own_prices_path(), source)


def _need_terminal() -> None:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.UsageError("The dashboard needs a terminal, and this is none.")
    if os.environ.get("TERM") == "dumb":
        raise click.UsageError("TERM is dumb: the dashboard needs a terminal that can place text. The verbs work here.")


def _dashboard(flags: dict[str, Any]) -> int:
    """The dashboard on the user's own workspace, and on that of each profile that is gone over to."""
    from batch_tui.dashboard import dashboard_for
    from batch_tui.profile_choice import read_profiles, settings_for
    from batch_tui.tui.profile_app import ANOTHER

    settings = _settings(flags)
    first = settings.profile
    _need_terminal()
    while True:
        credentials, reason = credentials_for(settings)
        try:
            app = dashboard_for(
                settings, credentials, no_credentials=reason, profiles=partial(read_profiles, flags, first)
            )
        except SettingsError as error:
            raise click.UsageError(str(error)) from error
        result = _run(app)
        if result == "demo":
            return _demo(settings, batches=240, seed=1, speed=1.0)
        if result is None:
            return Exit.DONE
        try:
            settings = settings_for(result.removeprefix(ANOTHER), flags, first)
        except SettingsError as error:
            raise click.UsageError(str(error)) from error
        # What the app before had put aside for good is garbage now.
        del app
        gc.unfreeze()


def _demo(settings: Settings, *, batches: int, seed: int, speed: float) -> int:
    """Simulator and dashboard; what the demo downloads is thrown away with it."""
    from batch_tui.api.credentials import Credentials
    from batch_tui.dashboard import dashboard_for
    from batch_tui.demo_directory import demo_directory
    from batch_tui.demo_server import simulator_process

    _need_terminal()
    started, began = datetime.now(UTC), time.monotonic()

    def now() -> datetime:
        return started + timedelta(seconds=(time.monotonic() - began) * speed)

    arguments = ["--batches", str(batches), "--seed", str(seed), "--speed", str(speed)]
    with demo_directory() as cache, simulator_process(arguments) as url:
        here = replace(settings, base_url=url, cache_dir=cache, data_dir=cache, profile="demo", workspace_id=None)
        # What is made up must not set off what the user does with real batches.
        app = dashboard_for(replace(here, hooks=Hooks()), Credentials(api_key=DEMO_KEY), now=now, remembers=False)
        _run(app)
    return Exit.DONE


def _run(app: BatchApp) -> str | None:
    result = app.run()
    if app.return_code:
        raise SystemExit(app.return_code)
    return result
