"""The rows behind features of one customer on one day, from the rows of its relations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.behind.plan import RelationPlan, Told, getter
from features.behind.shown import RowsFound, evidence_row
from features.engines.fold import Rows
from features.engines.vectors import Vector

Order = Callable[[Sequence[Any]], Any]
_LAST = "\U0010ffff"  # behind every text: an unknown source comes last


def computed(plan: RelationPlan, rows: Rows, as_of: int) -> list[NDArray[Any]]:
    """Return what is told of the rows of one customer, for each of ``plan.told`` one array.

    Parameters
    ----------
    plan : RelationPlan
        Of the relation.
    rows : sequence of tuple
        Their values in the order of ``plan.columns``.
    as_of : int
        The day's number.
    """
    if not rows:
        return [np.zeros(0, dtype=np.int64)] * len(plan.told)
    vectors = plan.steps(rows, as_of)
    return [_of_rows(told, plan, vectors, len(rows)) for told in plan.told]


def _of_rows(told: Told, plan: RelationPlan, vectors: list[Vector], many: int) -> NDArray[Any]:
    value = vectors[plan.nodes[told.value]]
    if told.kind in ("holds", "adds"):
        return _array(value, many)
    compared = np.ones(many, dtype=np.bool_)
    if told.where is not None:
        compared &= vectors[plan.nodes[told.where]].values
    if value.nulls is not None:
        compared &= ~value.nulls
    if not compared.any():
        return compared
    values = np.broadcast_to(value.values, many)
    furthest = np.max if told.kind == "largest" else np.min
    attained: NDArray[Any] = compared & (values == furthest(values[compared]))
    return attained


def rows_of(
    plan: RelationPlan, features: Sequence[str], rows: Rows, as_of: int, at_most: int
) -> dict[str, RowsFound]:
    """Return the rows behind features of one relation; a feature without rows is absent."""
    holds = computed(plan, rows, as_of)
    order = _order(plan, as_of)
    row_id = plan.columns.index(plan.shown.key)
    told = getter(plan.places(name for name, _ in plan.shown.columns))
    made: dict[int, Any] = {}
    found = {}
    for feature in features:
        places = np.flatnonzero(holds[plan.features[feature].where]).tolist()
        if not places:
            continue
        first = sorted(places, key=lambda place: order(rows[place]))[:at_most]
        for place in first:
            if place not in made:
                row = rows[place]
                made[place] = evidence_row(plan.shown, row[row_id], told(row), as_of)
        found[feature] = RowsFound(len(places), tuple(made[place] for place in first))
    return found


def _array(vector: Vector, many: int) -> NDArray[Any]:
    values = vector.values if np.ndim(vector.values) else np.full(many, vector.values)
    return values if vector.nulls is None else np.where(vector.nulls, 0, values)


def _order(plan: RelationPlan, as_of: int) -> Order:
    """Return the sort key that stands for ``Shown.order``."""
    own, row_id = plan.places([plan.shown.own_date, plan.shown.key])
    if "settled_on" in plan.columns:
        settled, due, amount = plan.places(["settled_on", "due_on", "amount"])
        return lambda row: (row[due] - min(row[settled], as_of), -row[amount], row[row_id])
    if "packed" in plan.columns:
        source = plan.columns.index("source")
        return lambda row: (-row[own], _LAST if row[source] is None else row[source])
    return lambda row: (-row[own], row[row_id])
