"""When two engines gave the same snapshots."""

import numpy as np

from features.catalogue import CATALOGUE, FEATURE_NAMES
from features.expression import Expr, Ratio, children
from features.matrix import Snapshots


def holds_quotient(node: Expr) -> bool:
    """Tell whether an expression divides."""
    return isinstance(node, Ratio) or any(holds_quotient(child) for child in children(node))


def assert_equal_snapshots(found: Snapshots, wanted: Snapshots) -> None:
    """Demand equal rows: counts, money, days and flags exactly, other quotients to 1e-12."""
    assert (found.customer_ids, found.names) == (wanted.customer_ids, FEATURE_NAMES)
    np.testing.assert_array_equal(found.as_of, wanted.as_of)
    for feature in CATALOGUE:
        exact = feature.unit == "amount" or not holds_quotient(feature.value)
        np.testing.assert_allclose(
            found.column(feature.name),
            wanted.column(feature.name),
            rtol=0 if exact else 1e-12,
            atol=0,
            equal_nan=True,
            err_msg=feature.name,
        )
