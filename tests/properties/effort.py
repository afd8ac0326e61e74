"""How many examples the slow properties are tried on: few at every run, many in the proofs."""

from __future__ import annotations

import os

VARIABLE = "TRADEGRADE_EXAMPLES"


def examples(few: int) -> int:
    """Return how many examples to draw: so many, times what ``TRADEGRADE_EXAMPLES`` says."""
    return few * int(os.environ.get(VARIABLE) or 1)
