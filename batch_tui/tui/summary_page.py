"""What a results file adds up to, as a page: outcome, tokens, cost by model, and the errors worth knowing."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Self

from batch_tui.results.result_line import COUNT_LIMIT
from batch_tui.results.surcharges import Surcharges
from batch_tui.tui import mask
from batch_tui.tui.error_advice import advice
from batch_tui.tui.text import Plain, fit_middle, lines, number, plain, plural, up_to, width

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from batch_tui.results.distribution import Distribution
    from batch_tui.results.error_groups import ErrorGroup
    from batch_tui.results.pricing import Prices
    from batch_tui.results.summary import ModelTotals, ResultsSummary

Line = tuple[str, str]

_MOST_GROUPS = 20
_BAR = 24
_LABEL = 32
_INDENTED = "\n    "
_LEAST_TOLD = Decimal("0.0001")
_KIND_TONES = {"succeeded": "success", "errored": "error", "expired": "warning", "unreadable": "error"}
_UNUSUAL_STOPS = ("max_tokens", "model_context_window_exceeded", "refusal", "pause_turn")


@dataclass(frozen=True)
class SummaryPage:
    """Texts with tones, for a pane that wraps them: first what failed and what it cost, then the finer figures."""

    summary: ResultsSummary
    first: Sequence[Line]
    finer: Sequence[Line]

    @classmethod
    def of(
        cls, summary: ResultsSummary, prices: Prices, server_tools: Mapping[str, int], own_prices: Path | None = None
    ) -> Self:
        """Looks through the rows once more; `own_prices` is where the user may put prices of their own."""
        cost = _cost(summary, prices, server_tools, own_prices)
        finer = (_stops(summary), _tokens(summary), _spread(summary.output), _tools(server_tools))
        return cls(
            summary, [*_outcome(summary), *_below(cost)], [line for section in finer for line in _below(section)]
        )

    def lines(self) -> list[Line]:
        """The page as it may be shown now: errors quote what is masked at times."""
        return [*self.first, *_below(errors_page(self.summary)), *self.finer]


def _below(section: Sequence[Line]) -> list[Line]:
    """A section with what keeps it apart from the one above, if there is anything in it."""
    return [("", "text"), *section] if section else []


def _outcome(summary: ResultsSummary) -> list[Line]:
    page: list[Line] = [("OUTCOME", "accent")]
    page += [
        _row(kind, number(amount), _KIND_TONES.get(kind, "muted")) for kind, amount in summary.kinds.items() if amount
    ]
    if summary.suspicious:
        page.append(_row("suspicious", number(summary.suspicious), "warning"))
    return page


def _stops(summary: ResultsSummary) -> list[Line]:
    page: list[Line] = [("STOP REASONS", "accent")] if summary.stop_reasons else []
    for reason, amount in summary.stop_reasons.items():
        name = reason or "none given"
        page.append(_row(name, number(amount), "warning" if reason in _UNUSUAL_STOPS else "text"))
    return page


def errors_page(summary: ResultsSummary) -> list[Line]:
    """The errors worth knowing, as they may be shown now."""
    if not summary.error_groups:
        return []
    page: list[Line] = [(f"ERRORS · {plural(len(summary.error_groups), 'kind')}", "accent")]
    for group in summary.error_groups[:_MOST_GROUPS]:
        page += _error(group)
    left_out = len(summary.error_groups) - _MOST_GROUPS
    if left_out > 0:
        page.append((f"… and {plural(left_out, 'kind')} more", "muted"))
    return page


def _row(label: str, value: str, tone: str = "text") -> Line:
    # Names of models and servers may be long, and of two that begin alike the end tells which.
    name = fit_middle(plain(label), _LABEL)
    return f"  {name}{' ' * (_LABEL - width(name))}{value:>16}", tone


def _tokens(summary: ResultsSummary) -> list[Line]:
    amounts = [
        ("input, outside the cache", summary.input_tokens),
        ("written to the cache", summary.cache_write_tokens),
        ("read from the cache", summary.cache_read_tokens),
        ("output", summary.output_tokens),
        ("of which thinking", summary.thinking_tokens),
    ]
    least = "≥ " if summary.untold_rows or summary.cut_rows else ""
    rows = [_row(label, f"{least}{number(amount)}") for label, amount in amounts if amount]
    if least and not rows:
        rows = [_row("input and output", "unknown", "warning")]
    return [("TOKENS", "accent"), *rows] if rows else []


def _spread(output: Distribution) -> list[Line]:
    """Percentiles and a histogram of the output tokens of an answer."""
    if not output.bars:
        return []
    percentiles = (
        ("p50", output.p50),
        ("p90", output.p90),
        ("p95", output.p95),
        ("p99", output.p99),
        ("most", output.most),
    )
    said = " · ".join(f"{name} {up_to(COUNT_LIMIT, tokens)}" for name, tokens in percentiles)
    page: list[Line] = [("OUTPUT TOKENS OF AN ANSWER", "accent"), (f"  {said}", "text")]
    most = max(bar.count for bar in output.bars)
    labels = [_range(bar.low, bar.high) for bar in output.bars]
    room = max(map(len, [*labels, " " * 15]))
    for bar, label in zip(output.bars, labels, strict=True):
        cells = -(-_BAR * bar.count // most)
        page.append(
            (f"  {label:>{room}}  {'━' * cells:<{_BAR}}{number(bar.count):>7}", "text" if bar.count else "faint")
        )
    return page


def _range(low: int, high: int) -> str:
    if low <= COUNT_LIMIT < high:
        return f"≥ {number(low)}"
    return f"{number(low)} – {number(high - 1)}" if high - low > 1 else number(low)


def _tools(server_tools: Mapping[str, int]) -> list[Line]:
    if not server_tools:
        return []
    rows = [_row(_tool(name), number(amount)) for name, amount in server_tools.items()]
    return [("SERVER TOOLS", "accent"), *rows]


def _tool(name: str) -> str:
    """The API's own names read better with blanks; the name of an MCP server is the user's."""
    return f"MCP server {name.removeprefix('mcp ')}" if name.startswith("mcp ") else name.replace("_", " ")


def _cost(
    summary: ResultsSummary, prices: Prices, server_tools: Mapping[str, int], own_prices: Path | None
) -> list[Line]:
    page: list[Line] = [("COST AT BATCH PRICE", "accent")]
    page += [_row(one.model or "no model named", _cost_of(one), _cost_tone(one)) for one in summary.models]
    if len(summary.models) != 1 or summary.cost is None:
        page.append(_row("together", total_cost(summary), "heading"))
    if summary.saving:
        saved = dollars(summary.saving) if summary.cost is not None else _at_least(summary.saving)
        page.append(_row("saved against the standard price", saved, "success"))
    return page + [(f"  {note}", "muted") for note in _notes(summary, prices, server_tools, own_prices)]


def _notes(
    summary: ResultsSummary, prices: Prices, server_tools: Mapping[str, int], own_prices: Path | None
) -> Iterator[str]:
    """What the cost is made of and what it leaves out."""
    more = Surcharges.of(summary.results, prices)
    if more.us_rows:
        yield f"{plural(more.us_rows, 'answer')} made in the US only, at the higher price for that."
    if more.long_rows:
        yield f"{plural(more.long_rows, 'answer')} to prompts long enough for the higher price."
    if summary.web_search_cost:
        yield f"{dollars(summary.web_search_cost)} of it are web searches, which batches do not make cheaper."
    if "code_execution" in server_tools:
        yield "Code execution is billed by the hour and not in here."
    if summary.unpriced:
        # Nobody can put a price on what has no name.
        where = f": {plain(str(own_prices))} is where to put one" if own_prices and any(summary.unpriced) else ""
        yield f"{_unpriced(summary)}{where}."
    for said in _uncounted(summary):
        yield f"{said}."
    own = " and prices of your own" if any(prices.is_own(one.model) for one in summary.models) else ""
    yield f"An estimate from a price list of {prices.as_of}{own}; only succeeded requests are billed."


def _cost_of(totals: ModelTotals) -> str:
    return _at_least(totals.cost) if totals.at_least else dollars(totals.cost)


def _cost_tone(totals: ModelTotals) -> str:
    return "text" if totals.cost is not None and not totals.at_least else "warning"


def dollars(cost: Decimal | None) -> str:
    """An amount as people write it; of less than a dollar more digits."""
    if cost is None:
        return "unknown"
    if 0 < cost < _LEAST_TOLD:
        return f"< ${_LEAST_TOLD}"
    return f"${cost:,.2f}" if cost >= 1 or not cost else f"${cost:.4f}"


def total_cost(summary: ResultsSummary) -> Plain:
    """What all rows cost; what they cost at least, where the price of some is not known."""
    return Plain(_at_least(summary.known_cost) if summary.cost is None else dollars(summary.cost))


def _at_least(cost: Decimal | None) -> str:
    """An amount that more will come to; unknown where it is next to nothing."""
    if cost is None:
        return dollars(None)
    parts = 100 if cost >= 1 else 10_000
    # Rounded up it would not be at least that.
    whole = int(cost * parts)
    return f"≥ {dollars(Decimal(whole) / parts)}" if whole else dollars(None)


def left_out(summary: ResultsSummary) -> Plain | None:
    """What is not in the cost, as nobody can tell; None where all is."""
    said = [*([_unpriced(summary)] if summary.unpriced else []), *_uncounted(summary)]
    return Plain("; ".join(said)) if said else None


def _uncounted(summary: ResultsSummary) -> Iterator[Plain]:
    """Which answers are not counted whole."""
    if untold := summary.untold_rows:
        verb, took = ("does", "it") if untold == 1 else ("do", "they")
        yield Plain(f"{plural(untold, 'answer')} {verb} not say how many tokens {took} took")
    if cut := summary.cut_rows:
        yield Plain(f"{plural(cut, 'answer')} {'says' if cut == 1 else 'say'} more tokens than are counted here")


def _unpriced(summary: ResultsSummary) -> Plain:
    """How many answers have no known price, and of which model most of them are."""
    first, *others = summary.unpriced
    named = fit_middle(plain(first), _LABEL) if first else Plain("no named model")
    more = f" and {plural(len(others), 'more model')}" if others else ""
    has = "has" if summary.unpriced_rows == 1 else "have"
    return Plain(f"{plural(summary.unpriced_rows, 'answer')} of {named}{more} {has} no known price")


def _error(group: ErrorGroup) -> list[Line]:
    name, example = group.example_custom_id, list[Line]()
    if name is not None:
        example = [(f"    for example {mask.written(plain(name))[:64]}", "muted")]
    return [
        (f"  {number(group.count)} × {plain(group.type)}", "error"),
        (f"    {mask.DOTS if mask.is_on() else _INDENTED.join(lines(group.message).splitlines())}", "text"),
        (f"    {advice(group.type, group.message)}", "muted"),
        *example,
    ]
