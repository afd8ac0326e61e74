"""Tails of the distributions that tests refer to, by scipy, which is loaded only once asked."""

from __future__ import annotations


def beta_below(share: float, a: float, b: float) -> float:
    """Return the chance that a Beta(a, b) variable is at most ``share``.

    Examples
    --------
    >>> beta_below(0.25, 1.0, 1.0)
    0.25
    """
    from scipy import special  # noqa: PLC0415 - slow to import

    return float(special.betainc(a, b, share))


def chi_square_above(statistic: float, freedom: int) -> float:
    """Return the chance that a χ² variable exceeds the statistic.

    Examples
    --------
    >>> round(chi_square_above(3.841458820694124, 1), 12)
    0.05
    """
    from scipy import special  # noqa: PLC0415

    return float(special.chdtrc(freedom, statistic))


def chi_square_quantile(share: float, freedom: int) -> float:
    """Return the value that a χ² variable stays below in this share of cases.

    Examples
    --------
    >>> round(chi_square_quantile(0.95, 9), 4)
    16.919
    """
    from scipy import special  # noqa: PLC0415

    return float(special.chdtri(freedom, 1 - share))


def binomial_at_least(successes: int, trials: int, chance: float) -> float:
    """Return the chance of at least so many successes.

    Examples
    --------
    >>> binomial_at_least(1, 2, 0.5), binomial_at_least(0, 2, 0.5), binomial_at_least(3, 2, 0.5)
    (0.75, 1.0, 0.0)
    """
    if successes <= 0:
        return 1.0
    if successes > trials:
        return 0.0
    return beta_below(chance, successes, trials - successes + 1)
