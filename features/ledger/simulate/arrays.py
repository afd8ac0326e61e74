"""Arrays of draws, and of what they become in a Parquet file."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

NEVER = 2**31 - 1  # a day number beyond every date; written as null

_MONEY = pa.decimal128(18, 2)


def money(minor: Ints, known: Flags | None = None) -> pa.Array:
    """Return amounts in minor units as DECIMAL(18, 2); null where not known."""
    words = np.empty((len(minor), 2), dtype=np.int64)
    words[:, 0] = minor
    words[:, 1] = minor >> 63  # the sign fills the high half of the 128 bits
    return pa.Array.from_buffers(_MONEY, len(minor), [_bitmap(known), pa.py_buffer(words)])


def dates(days: Ints) -> pa.Array:
    """Return day numbers as DATE; NEVER becomes null."""
    known = days != NEVER
    narrow = np.ascontiguousarray(days, dtype=np.int32)
    return pa.Array.from_buffers(pa.date32(), len(days), [_bitmap(known), pa.py_buffer(narrow)])


def numbers(values: Floats) -> pa.Array:
    """Return plain numbers; NaN becomes null."""
    return pa.array(values, pa.float64(), from_pandas=True)


def words(places: Ints, vocabulary: tuple[str, ...], known: Flags | None = None) -> pa.Array:
    """Return the word at each place of a vocabulary; null where not known."""
    mask = None if known is None else ~known
    coded = pa.array(places.astype(np.int32), pa.int32(), mask=mask)
    return pa.array(vocabulary, pa.string()).take(coded)


def same_word(word: str, rows: int) -> pa.Array:
    """Return one word in every row."""
    return words(np.zeros(rows, dtype=np.int64), (word,))


def identifiers(prefix: str, *parts: tuple[Ints, int], known: Flags | None = None) -> pa.Array:
    """Return identifiers of one width: a prefix, then numbers with zeros, joined by a dash.

    Parameters
    ----------
    prefix : str
        ASCII letters before the first number.
    *parts : tuple of (ndarray of int64, int)
        Numbers and the digits that each takes.
    known : ndarray of bool, optional
        Null where False.

    Examples
    --------
    >>> identifiers("INV", (np.array([7]), 4), (np.array([12]), 3)).to_pylist()
    ['INV0007-012']
    """
    rows = len(parts[0][0])
    pieces = [np.broadcast_to(np.frombuffer(prefix.encode(), np.uint8), (rows, len(prefix)))]
    for place, (values, width) in enumerate(parts):
        if place:
            pieces.append(np.full((rows, 1), ord("-"), np.uint8))
        pieces.append(digits(values, width) + np.uint8(ord("0")))
    return fixed_width(np.hstack(pieces), known)


def digits(values: Ints, width: int) -> NDArray[np.uint8]:
    """Return the decimal digits of numbers, shape (n, width), the highest first."""
    powers = 10 ** np.arange(width - 1, -1, -1, dtype=np.int64)
    return (values[:, None] // powers % 10).astype(np.uint8)


def fixed_width(letters: NDArray[np.uint8], known: Flags | None = None) -> pa.Array:
    """Return strings of one width from their bytes, shape (n, width)."""
    rows, width = letters.shape
    offsets = np.arange(rows + 1, dtype=np.int32) * np.int32(width)
    data = pa.py_buffer(np.ascontiguousarray(letters))
    return pa.Array.from_buffers(pa.string(), rows, [_bitmap(known), pa.py_buffer(offsets), data])


def _bitmap(known: Flags | None) -> pa.Buffer | None:
    if known is None or known.all():
        return None
    return pa.py_buffer(np.packbits(known, bitorder="little"))
