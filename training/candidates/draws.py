"""Draws of customers with replacement: monthly rows of a customer repeat one default."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray


def customer_draws(
    customer_ids: Sequence[str], *, seed: int, resamples: int
) -> Iterator[NDArray[np.intp]]:
    """Yield how often each row is in each draw of as many customers as there are, shape (n,).

    Parameters
    ----------
    customer_ids : sequence of str, length n
        The customer of each row; all rows of a customer are drawn together.
    seed : int
        Of the draws; the same seed and customers give the same draws.
    resamples : int
        Number of draws.

    Examples
    --------
    >>> for times in customer_draws(["a", "a", "b"], seed=1, resamples=2):
    ...     assert times[0] == times[1] and times[0] + times[2] == 2
    """
    unique, customer = np.unique(np.asarray(customer_ids), return_inverse=True)
    generator = np.random.default_rng(seed)
    for _ in range(resamples):
        picked = generator.integers(0, len(unique), len(unique))
        yield np.bincount(picked, minlength=len(unique))[customer]
