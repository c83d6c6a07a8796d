"""Results of one batch to stdout or a file: fetched or from disk, checked, filtered, in three formats."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from batch_tui.api.errors import APIConnectionError, BatchAPIError
from batch_tui.api.not_given import NOT_GIVEN
from batch_tui.api.salvage import as_read, retrieve
from batch_tui.results.cache_limit import keep_within
from batch_tui.results.completeness import check_completeness, check_stored, looked_through, remembered_counts
from batch_tui.results.download import ResultsDownload
from batch_tui.results.errors import ExportError, ExportExists, ResultsStoreError
from batch_tui.results.export import cut_by_excel, export_results, write_rows
from batch_tui.results.json_path import JsonPath, JsonPathError
from batch_tui.results.pricing import Prices
from batch_tui.results.row_query import QueryError, RowQuery
from batch_tui.results.server_tools import count_server_tools
from batch_tui.results.summary import ResultsSummary
from batch_tui.tui.summary_page import SummaryPage
from batch_tui.tui.text import lines, number, plain, plural, size
from batch_tui.verbs.batch_lines import unread_sentence
from batch_tui.verbs.inputs import differences, link, link_instead
from batch_tui.verbs.terminal_output import stdout_for

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from batch_tui.api.client import BatchClient
    from batch_tui.api.models import MessageBatch
    from batch_tui.results.download_control import DownloadProgress
    from batch_tui.results.export import Format
    from batch_tui.results.results_file import ResultsFile
    from batch_tui.results.store import ResultsStore

DONE, REFUSED, UNREACHABLE, NOT_READY = 0, 1, 3, 4
_SHOWN_EVERY = 0.5
_FORMATS: dict[str, Format] = {"jsonl": "jsonl", "csv": "csv", "md": "markdown"}


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted of the results of a batch."""

    batch_id: str
    query: RowQuery
    columns: tuple[JsonPath, ...]
    format: Format
    output: Path | None
    force: bool
    summary: bool
    input: Path | None
    again: bool

    @classmethod
    def of(
        cls,
        batch_id: str,
        *,
        filter: str,
        columns: Sequence[str],
        format: str | None,
        output: Path | None,
        force: bool,
        summary: bool,
        input: Path | None,
        again: bool,
    ) -> Wish:
        """Read what was typed. Raises click.UsageError."""
        try:
            query, paths = RowQuery.parse(filter), tuple(JsonPath.parse(one) for one in columns)
        except QueryError as error:
            raise click.UsageError(f"--filter: {plain(str(error))}") from error
        except JsonPathError as error:
            raise click.UsageError(f"--column: {plain(str(error))}") from error
        if output == Path("-"):
            output = None
        ending = format or ("" if output is None else output.suffix.lower().removeprefix(".")) or "jsonl"
        if ending not in _FORMATS:
            raise click.UsageError(f"--output: {output} does not say which format: name it with --format.")
        if summary and (query.text or output is not None or columns):
            # Totals of some rows, or in a file, were not what would come.
            raise click.UsageError("--summary is of all rows, on stdout: leave --filter, --column and --output out.")
        return cls(batch_id, query, paths, _FORMATS[ending], output, force, summary, input, again)


def results(
    wish: Wish,
    store: ResultsStore,
    connect: Callable[[], BatchClient] | None,
    own_prices: Path | None = None,
    *,
    limit: int = 0,
) -> int:
    """Carry it out and give the exit code; `connect` None means that only stored results will do.

    `own_prices` is where the user may have put prices of their own, `limit` how many bytes all that is stored may
    take (0: any).
    """
    instead = None if wish.input is None else link(store, wish.batch_id, wish.input)
    code, file, verified = stored_or_fetched(wish.batch_id, store, connect, again=wish.again, limit=limit)
    try:
        if instead is not None:
            link_instead(store, instead, file)
        if file is None:
            return code
        for sentence in differences(store, wish.batch_id, file):
            verified = False
            click.echo(plain(f"Not as the input: {sentence}"), err=True)
        return _give(wish, file, verified, own_prices)
    except ResultsStoreError as error:
        raise click.ClickException(plain(str(error))) from error


def stored_or_fetched(
    batch_id: str,
    store: ResultsStore,
    connect: Callable[[], BatchClient] | None,
    *,
    again: bool = False,
    limit: int = 0,
) -> tuple[int, ResultsFile | None, bool]:
    """The results of a batch and whether they are verified; without a file, the code to end with.

    `again` passes over what is stored, which stays until the results are here anew. What is fetched makes others go
    where all of them together take more than `limit` bytes.
    """
    try:
        stored = None if again else store.stored(batch_id)
        if stored is not None and stored.problem is None:
            file = store.open(batch_id)
            assert file is not None  # it was there a moment ago
            looked = looked_through(store, stored, file)
            if looked is not None and looked is not stored:
                # Lines may begin elsewhere now.
                stored, file = looked, store.open(batch_id, anew=True) or file
            verified = stored.verified
            sentences: tuple[str, ...] = ()
            if not verified or not file.index_was_saved:
                verdict = check_stored(store, stored, file, None if verified else remembered_counts(stored))
                verified, sentences = verdict.verified and stored.doubt is None, verdict.sentences
            for sentence in sentences:
                click.echo(plain(f"Not complete: {sentence}"), err=True)
            if not verified:
                said = stored.doubt or "These results were stored without being verified as complete."
                click.echo(plain(f"{said} batch-tui results --again fetches them anew."), err=True)
            store.remember_checksum(batch_id, file)
            return DONE, file, verified
        if connect is None:
            raise click.ClickException(f"Nothing whole is stored of {plain(batch_id)}.")
        with connect() as client:
            fetched = _fetch(batch_id, store, client, again)
        if limit and fetched[1] is not None:
            _make_room(store, limit)
        return fetched
    except ResultsStoreError as error:
        raise click.ClickException(plain(str(error))) from error


def _fetch(
    batch_id: str, store: ResultsStore, client: BatchClient, again: bool
) -> tuple[int, ResultsFile | None, bool]:
    """Have the results on this machine; the code to end with where there are none."""
    try:
        batch = client.fetch(retrieve(batch_id), NOT_GIVEN).value
        if batch.unread:
            click.echo(unread_sentence(batch), err=True)
        if (code := _may_have_results(batch)) != DONE:
            return code, None, False
        expected = None if "request_counts" in batch.unread else batch.request_counts
        download = ResultsDownload(
            client.with_options(max_retries=0).messages.batches,
            batch_id,
            store,
            expected=expected,
            batch=as_read(batch),
            read_ahead=0,
            on_progress=_tell if sys.stderr.isatty() else None,
            progress_interval=_SHOWN_EVERY,
        )
        if again:
            download.again()
        progress = download.run()
    except BatchAPIError as error:
        click.echo(plain(str(error)), err=True)
        return (UNREACHABLE if isinstance(error, APIConnectionError) else REFUSED), None, False
    if sys.stderr.isatty():
        click.echo(err=True)
    if progress.state != "complete":
        click.echo(plain(f"{progress.error} What came is kept; the same command goes on."), err=True)
        return (UNREACHABLE if isinstance(progress.error, APIConnectionError) else REFUSED), None, False
    file = download.results
    assert file is not None  # it is complete
    store.remember_checksum(batch_id, file)
    verdict = check_completeness(file, expected)
    # What stands against it is told below, each on a line of its own.
    if note := (progress.note or "").removesuffix(" ".join(verdict.sentences)).strip():
        click.echo(plain(note), err=True)
    for sentence in verdict.sentences:
        click.echo(plain(f"Not complete: {sentence}"), err=True)
    return DONE, file, verdict.verified


def _may_have_results(batch: MessageBatch) -> int:
    """0 where there is something to fetch; else says why not, and gives the code to end with."""
    if "processing_status" in batch.unread:
        if batch.results_url is not None:
            return DONE
        click.echo("Nobody can tell whether it has ended, so there is nothing to fetch yet.", err=True)
        return REFUSED
    if batch.processing_status == "ended":
        return DONE
    left = f" ({number(batch.request_counts.processing)} requests left)"
    if "request_counts" in batch.unread:
        left = ""
    click.echo(f"{plain(batch.id)} has not ended{left}: there are no results yet.", err=True)
    return NOT_READY


def _make_room(store: ResultsStore, limit: int) -> None:
    """Never drops what was fetched just now, which is open."""
    dropped = keep_within(store.all_in(store.directory.parent), limit)
    if dropped:
        names = ", ".join(plain(one.batch_id) for one in dropped)
        click.echo(f"Dropped to stay within cache_limit_gb, as least recently used: {names}.", err=True)


def _tell(progress: DownloadProgress) -> None:
    speed = f", {size(int(progress.bytes_per_second))}/s" if progress.bytes_per_second else ""
    click.echo(f"\r{plural(progress.rows, 'row')}, {size(progress.bytes)}{speed}    ", nl=False, err=True)


def _give(wish: Wish, file: ResultsFile, verified: bool, own_prices: Path | None) -> int:
    rows = range(len(file)) if not wish.query.text else [row for step in wish.query.scan(file) for row in step.rows]
    if wish.summary:
        prices, problem = Prices.load_with(own_prices)
        if problem is not None:
            click.echo(plain(problem), err=True)
        page = SummaryPage.of(ResultsSummary.of(file, prices), prices, count_server_tools(file), own_prices).lines()
        for text, _ in page:
            click.echo(lines(text))
    elif wish.output is None:
        write_rows(stdout_for(wish.format), file, rows, wish.format, columns=wish.columns)
        sys.stdout.buffer.flush()
    else:
        try:
            written = export_results(
                file,
                rows,
                wish.output,
                wish.format,
                columns=wish.columns,
                overwrite=wish.force,
                on_long_cells=lambda rows: click.echo(cut_by_excel(rows), err=True),
            )
        except ExportExists as error:
            raise click.ClickException(f"{plain(str(wish.output))} exists. --force replaces it.") from error
        except ExportError as error:
            raise click.ClickException(plain(str(error))) from error
        click.echo(f"Wrote {plural(written, 'row')} to {plain(str(wish.output))}.", err=True)
    return DONE if verified else REFUSED
