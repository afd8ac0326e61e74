"""The rules at the corners of a pair of rows: every choice of x's or z's value for each input.

Every indicator reads the inputs of one block, and no two blocks share an input: payments, trade,
industry, law. Bit b of a corner says whether its block's input b is x's. What is written of a
corner is the weighted points of the block's known indicators, and their weight.

Plain functions, compiled for many pairs as `models.indicators` has it.
"""

from __future__ import annotations

from typing import Any

from models.indicators import (
    amount_and_frequency,
    industry_score,
    litigation,
    measure,
    overdue_count,
    payment_timeliness,
)

# of the blocks: payments, trade, industry, law
FIRST = (0, 3, 6, 8)  # input of each
SIZE = (3, 3, 2, 4)  # inputs of each
CORNER = (0, 8, 16, 20)  # where each one's corners begin
BITS = tuple(corner.bit_count() for corner in range(16))


def write_corners(law: Any, book: Any, pair: Any, turning: Any, rows: Any, corners: Any) -> None:
    """Write the points and the known weight of every corner of a pair.

    Parameters
    ----------
    law, book : Law, Quantiles
        As `models.indicators` has them.
    pair : tuple of two sequences of float
        The rule inputs of x and of z.
    turning : int
        Bit i is set where input i moved.
    rows : tuple of two sequences of float, length MEASURES
        Room for the measures of x and of z.
    corners : tuple of two sequences of float, length 36
        Filled with the points and the known weights.
    """
    points, known = corners
    measure(law, book, pair[0], rows[0])
    measure(law, book, pair[1], rows[1])
    payment_corners(law, book, rows, turning, points, known)
    trade_corners(law, rows, turning >> FIRST[1], points, known)
    industry_corners(law, rows, points, known)
    law_corners(law, rows, turning >> FIRST[3], points, known)


def payment_corners(law: Any, book: Any, rows: Any, turning: Any, points: Any, known: Any) -> None:
    """Write the weighted points and the known weight of the corners of the first block."""
    one, other, weights, line = rows[0], rows[1], law.weights, law.payment_timeliness
    extra, usual = law.shrink_invoices, book.on_time_rate
    for corner in range(8):
        if corner & turning != corner:  # what did not move is the same at z and x
            points[corner], known[corner] = points[corner & turning], known[corner & turning]
            continue
        rate = one[0] if corner & 1 else other[0]
        due = one[1] if corner & 2 else other[1]
        first = payment_timeliness(line, extra, usual, rate, due)
        second = overdue_count(one[2] if corner & 4 else other[2], due)
        total = weight = 0.0
        if first == first:  # noqa: PLR0124 - an unknown value does not equal itself
            total, weight = weights[0] * first, weights[0]
        if second == second:  # noqa: PLR0124
            total += weights[1] * second
            weight += weights[1]
        points[corner], known[corner] = total, weight


def trade_corners(law: Any, rows: Any, turning: Any, points: Any, known: Any) -> None:
    """Write the same of the second block."""
    one, other, weight, line = rows[0], rows[1], law.weights[2], law.amount_and_frequency
    for corner in range(8):
        if corner & turning != corner:
            same = 8 + (corner & turning)
            points[8 + corner], known[8 + corner] = points[same], known[same]
            continue
        found = amount_and_frequency(
            line,
            one[3] if corner & 1 else other[3],
            one[4] if corner & 2 else other[4],
            one[5] if corner & 4 else other[5],
        )
        is_known = found == found  # noqa: PLR0124
        points[8 + corner] = weight * found if is_known else 0.0
        known[8 + corner] = weight if is_known else 0.0


def industry_corners(law: Any, rows: Any, points: Any, known: Any) -> None:
    """Write the same of the third block."""
    one, other, weight = rows[0], rows[1], law.weights[3]
    for corner in range(4):
        industry = one[7] if corner & 2 else other[7]
        found = industry_score(one[6] if corner & 1 else other[6], industry)
        is_known = found == found  # noqa: PLR0124
        points[16 + corner] = weight * found if is_known else 0.0
        known[16 + corner] = weight if is_known else 0.0


def law_corners(law: Any, rows: Any, turning: Any, points: Any, known: Any) -> None:
    """Write the same of the fourth block."""
    one, other, weight = rows[0], rows[1], law.weights[4]
    for corner in range(16):
        if corner & turning != corner:
            same = 20 + (corner & turning)
            points[20 + corner], known[20 + corner] = points[same], known[same]
            continue
        events = one if corner & 1 else other
        found = litigation(
            events[12],
            events[8],
            one[9] if corner & 2 else other[9],
            one[10] if corner & 4 else other[10],
            one[11] if corner & 8 else other[11],
        )
        is_known = found == found  # noqa: PLR0124
        points[20 + corner] = weight * found if is_known else 0.0
        known[20 + corner] = weight if is_known else 0.0


def varies(known: Any) -> bool:
    """Tell whether moving an input makes an indicator known or unknown."""
    for block in range(4):
        start = CORNER[block]
        for corner in range(start + 1, start + (1 << SIZE[block])):
            if known[corner] != known[start]:
                return True
    return False


CORNER_PARTS = (
    payment_corners,
    trade_corners,
    industry_corners,
    law_corners,
    varies,
    write_corners,
)
