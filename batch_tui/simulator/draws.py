"""Seeded chance: the same numbers from the same words, on every machine and in any order."""

from __future__ import annotations

import struct
from hashlib import blake2b

_SIXTEEN = struct.Struct("<16I")
_ALPHABET = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_TO_BASE62 = bytes(_ALPHABET[n % 62] for n in range(256))


def key_of(*words: object) -> bytes:
    """A 16-byte key for these words."""
    return blake2b(repr(words).encode(), digest_size=16).digest()


def entropy(key: bytes, n: int) -> bytes:
    """64 bytes that depend on nothing but `key` and `n`."""
    return blake2b(n.to_bytes(8, "little"), key=key, digest_size=64).digest()


def units(key: bytes, n: int) -> list[float]:
    """Sixteen numbers in [0, 1) that depend on nothing but `key` and `n`."""
    return _fractions(entropy(key, n))


def units_and_key(key: bytes, n: int) -> tuple[list[float], bytes]:
    """Twelve such numbers, and a 16-byte key that is independent of them."""
    material = entropy(key, n)
    return _fractions(material), material[48:]


def _fractions(material: bytes) -> list[float]:
    return [word / 4294967296 for word in _SIXTEEN.unpack(material)]


def token(material: bytes) -> bytes:
    """One letter or digit for each byte, as in the API's ids."""
    return material.translate(_TO_BASE62)


class Shuffle:
    """A seeded bijection of 0 … size-1, computed for one number at a time.

    Numbers are mixed within the next power of two, and mixed again until they fall inside.
    """

    def __init__(self, size: int, key: bytes) -> None:
        bits = max(2, (size - 1).bit_length())
        words = _SIXTEEN.unpack(entropy(key, size))
        self._size = size
        self._mask = (1 << bits) - 1
        self._half = (bits + 1) // 2
        self._first = words[0] << 1 | 1
        self._second = words[1] << 1 | 1
        self._offset = words[2]

    def __call__(self, number: int) -> int:
        """Where `number` (0 ≤ number < size) goes."""
        mask, half = self._mask, self._half
        while True:
            number = (number * self._first + self._offset) & mask
            number ^= number >> half
            number = number * self._second & mask
            number ^= number >> half
            if number < self._size:
                return number
