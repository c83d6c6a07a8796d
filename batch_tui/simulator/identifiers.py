"""Batch ids that look random yet say which batch they mean, so no table of ids is kept."""

from __future__ import annotations

from batch_tui.simulator.draws import key_of

_PREFIX = "msgbatch_01"
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_VALUE = {digit: value for value, digit in enumerate(_DIGITS)}
_PAIRS = [high + low for low in _DIGITS for high in _DIGITS]
_TWELVE_DIGITS = 62**12
_BLOCK = 1 << 128
_INDEX_BITS = 40


class BatchIds:
    """A keyed permutation of 128-bit blocks, written as 22 base-62 digits.

    A block holds a source number (which family of batches) and an index in it; all other
    bits are zero, so an id that was never issued is recognised as such.
    """

    def __init__(self, seed: int) -> None:
        words = [int.from_bytes(key_of(seed, "id", n), "little") for n in range(4)]
        self._whiten = words[0]
        self._factors = [word | 1 for word in words[1:]]
        self._inverses = [pow(factor, -1, _BLOCK) for factor in self._factors]

    def encode(self, source: int, index: int) -> str:
        """The id of number `index` of `source`."""
        first, second, third = self._factors
        block = ((source << _INDEX_BITS | index) ^ self._whiten) * first % _BLOCK
        block ^= block >> 64
        block = block * second % _BLOCK
        block ^= block >> 64
        block = block * third % _BLOCK
        text = _PREFIX
        # Two halves: shorter numbers divide faster.
        high, low = divmod(block, _TWELVE_DIGITS)
        for half, pairs in ((low, 6), (high, 5)):
            for _ in range(pairs):
                half, pair = divmod(half, 3844)
                text += _PAIRS[pair]
        return text

    def decode(self, batch_id: str) -> tuple[int, int] | None:
        """Source and index of an id made by `encode`, or None for any other text."""
        digits = batch_id.removeprefix(_PREFIX)
        if len(digits) != 22 or len(batch_id) != 22 + len(_PREFIX):
            return None
        block = 0
        for digit in reversed(digits):
            value = _VALUE.get(digit)
            if value is None:
                return None
            block = block * 62 + value
        if block >= _BLOCK:
            return None
        first, second, third = self._inverses
        block = block * third % _BLOCK
        block ^= block >> 64
        block = block * second % _BLOCK
        block ^= block >> 64
        block = (block * first % _BLOCK) ^ self._whiten
        source, index = block >> _INDEX_BITS, block & ((1 << _INDEX_BITS) - 1)
        return (source, index) if source < 16 else None
