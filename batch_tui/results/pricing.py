"""What batch usage costs, from a dated table of prices that the user can override; unknown stays unknown."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from batch_tui.results.errors import PricesError
from batch_tui.results.result_line import count

if TYPE_CHECKING:
    from collections.abc import Mapping

_BUILT_IN = Path(__file__).with_name("prices.toml")
_MILLION = Decimal(1_000_000)
_RATES = ("input", "cache_write_5m", "cache_write_1h", "cache_read", "output")
_ROW = {"models", *_RATES, "us_multiplier", "prompt_tokens_up_to", "source"}
_DATED = re.compile(r"-(?:\d{8}|latest)$")


@dataclass(frozen=True, slots=True)
class TokenCounts:
    """Tokens by the classes that have a price of their own; `us` if they were processed in the US only."""

    input: int = 0
    cache_write_5m: int = 0
    cache_write_1h: int = 0
    cache_read: int = 0
    output: int = 0
    us: bool = False

    @property
    def prompt(self) -> int:
        """Length of the prompt: all that went in."""
        return self.input + self.cache_write_5m + self.cache_write_1h + self.cache_read

    @classmethod
    def of(cls, usage: object) -> TokenCounts:
        """The counts of a message's `usage`: the API's fields, as a mapping or as attributes.

        Cache writes without a split by lifetime count as 5-minute writes (batches-api.md section 10).
        """
        written = count(_field(usage, "cache_creation_input_tokens"))
        split = _field(usage, "cache_creation")
        hour = min(written, count(_field(split, "ephemeral_1h_input_tokens")))
        return cls(
            input=count(_field(usage, "input_tokens")),
            cache_write_5m=written - hour,
            cache_write_1h=hour,
            cache_read=count(_field(usage, "cache_read_input_tokens")),
            output=count(_field(usage, "output_tokens")),
            us=_field(usage, "inference_geo") == "us",
        )


def _field(value: object, name: str) -> object:
    return value.get(name) if isinstance(value, dict) else getattr(value, name, None)


@dataclass(frozen=True, slots=True)
class Price:
    """Dollars per million tokens of each class, for prompts of at most `prompt_tokens_up_to` (None: any)."""

    input: Decimal
    cache_write_5m: Decimal
    cache_write_1h: Decimal
    cache_read: Decimal
    output: Decimal
    us_multiplier: Decimal
    prompt_tokens_up_to: int | None
    source: str

    def cost(self, tokens: TokenCounts) -> Decimal:
        """Dollars for these tokens."""
        total = (
            tokens.input * self.input
            + tokens.cache_write_5m * self.cache_write_5m
            + tokens.cache_write_1h * self.cache_write_1h
            + tokens.cache_read * self.cache_read
            + tokens.output * self.output
        )
        return total * (self.us_multiplier if tokens.us else 1) / _MILLION


class Prices:
    """A table of batch prices. `as_of` is the date of the built-in table, `own` the models the user's replaces."""

    def __init__(
        self,
        by_model: Mapping[str, tuple[Price, ...]],
        as_of: str,
        web_search: Decimal,
        own: frozenset[str] = frozenset(),
    ) -> None:
        self._by_model = dict(by_model)
        self.as_of = as_of
        self.web_search = web_search
        self.own = own

    @classmethod
    def load(cls, override: Path | None = None) -> Prices:
        """The built-in table, with the models of `override` (same format), and its price of web searches where it
        has one, in place of its own.

        Raises PricesError when that file cannot be read or a row of it lacks something.
        """
        table = _parse(_BUILT_IN.read_text("utf-8"), "prices.toml")
        by_model = _by_model(table, "prices.toml")
        own: frozenset[str] = frozenset()
        search = _number(table, "web_search_per_thousand", "prices.toml")
        if override is not None:
            try:
                # Some editors put a mark of the encoding in front.
                text = override.read_text("utf-8-sig")
            except OSError as error:
                raise PricesError(f"Could not read the prices in {override}: {error.strerror or error}.") from error
            except UnicodeDecodeError as error:
                raise PricesError(
                    f"Could not read the prices in {override}: not UTF-8 text, {error.reason}."
                ) from error
            theirs = _parse(text, str(override))
            if unknown := sorted(theirs.keys() - table.keys()):
                raise PricesError(f"{override} has no use for {unknown[0]!r}: prices are tables named [[price]].")
            replaced = _by_model(theirs, str(override))
            by_model, own = by_model | replaced, frozenset(replaced)
            if "web_search_per_thousand" in theirs:
                search = _number(theirs, "web_search_per_thousand", str(override))
        return cls(by_model, str(table["published"]), search / 1000, own)

    @classmethod
    def load_with(cls, own: Path | None) -> tuple[Prices, str | None]:
        """The table with the user's own, if that file is there; a sentence where it is and cannot be used."""
        if own is None or not own.exists():
            return cls.load(), None
        try:
            return cls.load(own), None
        except PricesError as error:
            return cls.load(), f"{error} The built-in prices were used instead."

    def price(self, model: str, prompt_tokens: int = 0) -> Price | None:
        """The price of a model, by its id with or without a date, for a prompt of that length."""
        for price in self._tiers(model):
            if price.prompt_tokens_up_to is None or prompt_tokens <= price.prompt_tokens_up_to:
                return price
        return None

    def is_own(self, model: str) -> bool:
        """Whether the price of a model is the user's."""
        return self._known_as(model) in self.own

    def limits(self, model: str) -> tuple[int, ...]:
        """Prompt lengths after which another price begins; empty for most models."""
        found = (price.prompt_tokens_up_to for price in self._tiers(model))
        return tuple(limit for limit in found if limit is not None)

    def cost(self, model: str, usage: object) -> Decimal | None:
        """Dollars for one message's usage at batch price, None for a model without a known price.

        `usage` is a TokenCounts, or the API's usage as mapping or object. Server tools are not included.
        """
        tokens = usage if isinstance(usage, TokenCounts) else TokenCounts.of(usage)
        price = self.price(model, tokens.prompt)
        return None if price is None else price.cost(tokens)

    def _tiers(self, model: str) -> tuple[Price, ...]:
        return self._by_model.get(self._known_as(model)) or ()

    def _known_as(self, model: str) -> str:
        """The id under which its price is listed, if any is."""
        return model if self._by_model.get(model) else _DATED.sub("", model)


def _parse(text: str, where: str) -> dict[str, object]:
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise PricesError(f"The prices in {where} are not TOML: {error}.") from error


def _by_model(table: Mapping[str, object], where: str) -> dict[str, tuple[Price, ...]]:
    rows = table.get("price", [])
    if not isinstance(rows, list):
        raise PricesError(f"The prices in {where} must be tables named [[price]].")
    found: dict[str, list[Price]] = {}
    for number, row in enumerate(rows, 1):
        here = f"[[price]] number {number} in {where}"
        models = row.get("models") if isinstance(row, dict) else None
        if not isinstance(models, list) or not models or not all(isinstance(model, str) for model in models):
            raise PricesError(f'{here} needs models = ["model id", …].')
        if unknown := sorted(row.keys() - _ROW):
            raise PricesError(f"{here} has no use for {unknown[0]!r}.")
        price = _price(row, here)
        for model in models:
            others = found.setdefault(model, [])
            if any(other.prompt_tokens_up_to == price.prompt_tokens_up_to for other in others):
                raise PricesError(f"{here} gives {model!r} a second price for the same prompts.")
            others.append(price)
    return {model: tuple(sorted(prices, key=_limit)) for model, prices in found.items()}


def _limit(price: Price) -> float:
    return float("inf") if price.prompt_tokens_up_to is None else price.prompt_tokens_up_to


def _price(row: Mapping[str, object], here: str) -> Price:
    rates = {name: _number(row, name, here) for name in _RATES}
    limit = row.get("prompt_tokens_up_to")
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 1):
        raise PricesError(f"{here}: prompt_tokens_up_to must be a whole number of tokens.")
    multiplier = _number(row, "us_multiplier", here) if "us_multiplier" in row else Decimal(1)
    source = row.get("source")
    return Price(
        **rates,
        us_multiplier=multiplier,
        prompt_tokens_up_to=limit,
        source=source if isinstance(source, str) else here,
    )


def _number(row: Mapping[str, object], name: str, here: str) -> Decimal:
    value = row.get(name)
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or not Decimal(value).is_finite():
        raise PricesError(f"{here}: {name} must be a number of dollars.")
    if value < 0:
        raise PricesError(f"{here}: {name} is negative.")
    return Decimal(value)
