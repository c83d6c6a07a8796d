"""The models the simulator serves, with their output caps and quirks."""

from __future__ import annotations

import re
from typing import NamedTuple


class KnownModel(NamedTuple):
    """What differs from model to model for a batch request; figures in tokens."""

    most_output: int
    most_output_beta: int
    adaptive_only: bool
    prefill: bool = False


_BETA = 300_000

# Caps are the simulator's own round figures, except 64,000 for Haiku 4.5 (seen in an error text).
# `adaptive_only`: thinking.type "enabled" and other temperatures than 1 are refused by models from 4.7 on.
# `prefill`: models before 4.6 go on from a last message of the assistant.
_MODELS = {
    "fable-5-2": KnownModel(128_000, 128_000, True),
    "fable-5-1": KnownModel(128_000, 128_000, True),
    "fable-5": KnownModel(128_000, 128_000, True),
    "mythos-5-2": KnownModel(128_000, 128_000, True),
    "mythos-5-1": KnownModel(128_000, 128_000, True),
    "mythos-5": KnownModel(128_000, 128_000, True),
    "opus-5-5": KnownModel(128_000, _BETA, True),
    "opus-5": KnownModel(128_000, _BETA, True),
    "opus-4-8": KnownModel(128_000, _BETA, True),
    "opus-4-7": KnownModel(128_000, _BETA, True),
    "opus-4-6": KnownModel(128_000, _BETA, False),
    "opus-4-5": KnownModel(64_000, 64_000, False, prefill=True),
    "sonnet-5-5": KnownModel(128_000, 128_000, True),
    "sonnet-5": KnownModel(128_000, _BETA, True),
    "sonnet-4-6": KnownModel(128_000, _BETA, False),
    "sonnet-4-5": KnownModel(64_000, 64_000, False, prefill=True),
    "haiku-5-5": KnownModel(64_000, 64_000, True),
    "haiku-4-5": KnownModel(64_000, 64_000, False, prefill=True),
}
_DATED = re.compile(r"-20\d{6}$")


def known_model(name: str) -> KnownModel | None:
    """The model of this id, dated (`…-20251001`) or not; None for one the API does not serve."""
    if not name.startswith("claude-"):
        return None
    return _MODELS.get(_DATED.sub("", name).removeprefix("claude-"))
