"""What `doctor` finds: versions, settings, credentials, directories, terminal, and whether the API answers."""

from __future__ import annotations

import json
import os
import platform
import shutil
import sys
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Final, Literal

import click

from batch_tui import __version__
from batch_tui.api.errors import APIConnectionError, BatchAPIError
from batch_tui.api.retry import http_date
from batch_tui.results.errors import PricesError, ResultsStoreError
from batch_tui.results.pricing import Prices
from batch_tui.settings import SettingsError, default_config_path
from batch_tui.submission.journal import JournalError, SubmissionJournal
from batch_tui.tui.text import duration, plain, plural, size
from batch_tui.tui.trouble import describe
from batch_tui.verbs.keys import own_keymap
from batch_tui.verbs.session import Exit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from batch_tui.settings import Settings
    from batch_tui.verbs.session import Session

State = Literal["ok", "note", "bad"]

_MARKS: Final[dict[State, str]] = {"ok": "✓", "note": "!", "bad": "✗"}
_PROXIES: Final = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")
_CLOCK_OFF: Final = timedelta(seconds=30)
"""A difference of the clocks from which times on screen would mislead; the dashboard corrects them."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; holds no secret, but maybe untrusted text."""

    name: str
    value: str
    state: State = "ok"


def doctor(session: Session, *, offline: bool, as_json: bool) -> int:
    """Print every finding and give the code of the first bad one: 2 no credentials, 3 unreachable, 1 anything else."""
    code = Exit.DONE
    for finding, found_code in _findings(session, os.environ, offline=offline):
        if as_json:
            click.echo(json.dumps(asdict(finding), separators=(",", ":")))
        else:
            click.echo(plain(f"{_MARKS[finding.state]} {finding.name:<12} {finding.value}"))
        code = code or found_code
    return code


def _findings(session: Session, environ: Mapping[str, str], *, offline: bool) -> Iterator[tuple[Finding, Exit]]:
    settings = session.settings
    yield Finding("version", _versions()), Exit.DONE
    config = default_config_path()
    yield Finding("config", f"{config}" if config.is_file() else f"none; it would be {config}"), Exit.DONE
    yield Finding("profile", f"{settings.profile}{', read-only' if settings.read_only else ''}"), Exit.DONE
    about = f"{settings.base_url}, anthropic-version {settings.api_version}, key as {settings.auth_style}"
    workspace = f", workspace {settings.workspace_id}" if settings.workspace_id else ""
    yield Finding("API", about + workspace), Exit.DONE
    named = [name for each in _PROXIES for name in (each, each.lower()) if environ.get(name)]
    if named:
        # Their values may hold a password.
        yield Finding("network", f"set in the environment: {', '.join(named)}", "note"), Exit.DONE
    source, problem = session.credentials_source()
    if source is None:
        yield Finding("credentials", problem or "none", "bad"), Exit.USAGE
    else:
        yield Finding("credentials", f"from {source}"), Exit.DONE
    yield _cache(session)
    yield _own_data(session)
    if session.own_prices is not None and session.own_prices.exists():
        yield _prices(session.own_prices)
    yield _journal(session)
    if settings.keys:
        yield _keys(settings)
    for event, command in (("on_end", settings.hooks.on_end), ("on_expiring", settings.hooks.on_expiring)):
        if command:
            yield _hook(event, command[0], environ)
    yield Finding("terminal", *_terminal(environ)), Exit.DONE
    if offline or source is None:
        yield Finding("answer", "not asked for", "note"), Exit.DONE
    else:
        yield _answer(session)


def _keys(settings: Settings) -> tuple[Finding, Exit]:
    try:
        return Finding("keys", f"{plural(len(own_keymap(settings)), 'action')} on keys of your own"), Exit.DONE
    except SettingsError as error:
        return Finding("keys", str(error), "bad"), Exit.REFUSED


def _versions() -> str:
    parts = [
        f"batch-tui {__version__}",
        f"Python {platform.python_version()}",
        f"{platform.system()} {platform.machine()}",
    ]
    for name in ("textual", "httpx", "pydantic", "msgspec"):
        try:
            parts.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            parts.append(f"{name} missing")
    return ", ".join(parts)


def _cache(session: Session) -> tuple[Finding, Exit]:
    directory = session.settings.cache_dir
    reason = _why_not_writable(directory)
    if reason is not None:
        return Finding("cache", f"{directory}: {reason}. Set cache_dir, or --cache-dir.", "bad"), Exit.REFUSED
    try:
        stored = session.store().all_stored()
    except ResultsStoreError as error:
        return Finding("cache", str(error), "bad"), Exit.REFUSED
    kept = f"{plural(len(stored), 'batch', 'batches')} saved here, {size(sum(one.size for one in stored))}"
    return Finding("cache", f"{directory}, {kept}, limit {session.settings.cache_limit_gb:g} GB"), Exit.DONE


def _own_data(session: Session) -> tuple[Finding, Exit]:
    directory = session.settings.data_dir
    reason = _why_not_writable(directory)
    if reason is not None:
        said = f"{directory}: {reason}. Names, tags and notes cannot be kept."
        return Finding("data", said, "bad"), Exit.REFUSED
    return Finding("data", f"{directory}, for names, tags and notes"), Exit.DONE


def _prices(path: Path) -> tuple[Finding, Exit]:
    try:
        prices = Prices.load(path)
    except PricesError as error:
        return Finding("prices", str(error), "bad"), Exit.REFUSED
    return Finding("prices", f"{path}, {plural(len(prices.own), 'model')} of your own"), Exit.DONE


def _journal(session: Session) -> tuple[Finding, Exit]:
    directory = session.journal_directory()
    reason = _why_not_writable(directory)
    if reason is not None:
        return Finding("journal", f"{directory}: {reason}. Nothing can be sent.", "bad"), Exit.REFUSED
    try:
        doubtful = len(SubmissionJournal(directory).doubtful())
    except JournalError as error:
        return Finding("journal", str(error), "bad"), Exit.REFUSED
    if doubtful:
        said = f"{plural(doubtful, 'submission')} may or may not have made a batch: create looks before it sends"
        return Finding("journal", f"{directory}, {said}", "note"), Exit.DONE
    return Finding("journal", f"{directory}"), Exit.DONE


def _hook(event: str, program: str, environ: Mapping[str, str]) -> tuple[Finding, Exit]:
    found = shutil.which(program, path=environ.get("PATH"))
    if found is None:
        return Finding(event, f"{program} cannot be run; see [hooks] in the config", "bad"), Exit.REFUSED
    return Finding(event, f"runs {found}"), Exit.DONE


def _why_not_writable(directory: Path) -> str | None:
    """Looks only, and makes nothing; for a directory that is not there yet, at the one it would be made in."""
    place = directory
    while not place.exists() and place != place.parent:
        place = place.parent
    if not place.is_dir():
        return f"{place} is no directory"
    return None if os.access(place, os.W_OK | os.X_OK) else f"{place} cannot be written to"


def _terminal(environ: Mapping[str, str]) -> tuple[str, State]:
    if not sys.stdout.isatty():
        return "none on stdout; the verbs need none", "ok"
    columns, lines = shutil.get_terminal_size()
    parts = [f"{environ.get('TERM', 'TERM is not set')}, {columns}×{lines}"]
    encoding = (sys.stdout.encoding or "").lower().replace("-", "")
    parts.append("UTF-8" if encoding == "utf8" else f"encoding {sys.stdout.encoding}: glyphs may be missing")
    if "NO_COLOR" in environ:
        parts.append("NO_COLOR: no colours")
    else:
        true_colour = environ.get("COLORTERM") in ("truecolor", "24bit")
        parts.append("true colour" if true_colour else "256 colours or fewer (COLORTERM is not truecolor)")
    parts += ["inside tmux"] if "TMUX" in environ else []
    small = columns < 80 or lines < 24
    parts += ["smaller than 80×24"] if small else []
    return ", ".join(parts), "note" if small or encoding != "utf8" else "ok"


def _answer(session: Session) -> tuple[Finding, Exit]:
    """One small request."""
    started = time.monotonic()
    try:
        with session.connect() as client:
            answer = client.with_options(max_retries=0).messages.batches.with_raw_response.list(limit=1)
    except BatchAPIError as error:
        code = Exit.UNREACHABLE if isinstance(error, APIConnectionError) else Exit.REFUSED
        return Finding("answer", str(describe(error, host=session.host)), "bad"), code
    parts = [f"{answer.status_code} in {(time.monotonic() - started) * 1000:.0f} ms"]
    parts += [f"request {answer.request_id}"] if answer.request_id else []
    parts += [f"workspace {answer.workspace_id}"] if answer.workspace_id else []
    date = http_date(answer.headers.get("date"))
    off = None if date is None else datetime.now(UTC) - date
    if off is not None and abs(off) > _CLOCK_OFF:
        ahead = "ahead of" if off > timedelta(0) else "behind"
        return Finding(
            "answer", f"{', '.join(parts)}; this clock is {duration(abs(off))} {ahead} it", "note"
        ), Exit.DONE
    return Finding("answer", ", ".join(parts)), Exit.DONE
