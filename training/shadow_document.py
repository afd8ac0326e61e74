"""A shadow run as plain JSON values: points unrounded, money a decimal string, dates ISO."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from models.bands import GRADES
from models.explain.change import BLOCKS
from models.explain.told import ToldChange
from training.shadow import History, ShadowRun
from training.shadow_figures import MoneyLine, RealisedLine

Document = dict[str, Any]
MOVER_SCHEMA = pa.schema(
    {
        "customer_id": pa.string(),
        "grade_from": pa.string(),
        "grade_to": pa.string(),
        "score_from": pa.float64(),
        "score_to": pa.float64(),
        "default_probability": pa.float64(),
        "credit_limit_from": pa.string(),
        "credit_limit_to": pa.string(),
        "blocks": pa.struct({name: pa.float64() for name in BLOCKS}),
        "sentence": pa.struct({"zh": pa.string(), "en": pa.string()}),
    }
)


def shadow_document(run: ShadowRun) -> Document:
    """Return the fields of a shadow run.

    ``matrix[from][to]`` counts customers; a mover is a customer whose grade differs, and the
    eight blocks of each add up to ``score_to − score_from``.
    """
    before, after = run.movers.money
    up, down = counted_moves(run)
    return {
        "as_of": run.as_of.isoformat(),
        "policy_from": run.contest.before.policy_version,
        "policy_to": run.contest.after.policy_version,
        "model_version": run.contest.bundle.model_version,
        "customers": len(run.movers.gradings[0]),
        "up": up,
        "down": down,
        "unchanged": len(run.movers.gradings[0]) - up - down,
        "matrix": run.movers.matrix,
        "movers": mover_documents(run.movers.moved),
        "grades_from": [_money(line) for line in before if line.grade in GRADES],
        "grades_to": [_money(line) for line in after if line.grade in GRADES],
        "total_from": _money(before[-1]),
        "total_to": _money(after[-1]),
        "history": _history(run.history),
    }


def counted_moves(run: ShadowRun) -> tuple[int, int]:
    """Return how many customers get a better grade, and how many a worse one."""
    moves = [
        (GRADES.index(old), GRADES.index(new), number)
        for old, row in run.movers.matrix.items()
        for new, number in row.items()
    ]
    up = sum(number for old, new, number in moves if new < old)
    return up, sum(number for old, new, number in moves if new > old)


def mover_documents(moved: Sequence[ToldChange]) -> list[Document]:
    """Return the fields of each mover, those of `MOVER_SCHEMA`."""
    return [
        {
            "customer_id": told.change.after.customer_id,
            "grade_from": told.change.before.grade,
            "grade_to": told.change.after.grade,
            "score_from": told.change.before.score,
            "score_to": told.change.after.score,
            "default_probability": told.change.after.default_probability,
            "credit_limit_from": f"{told.change.before.terms.credit_limit:.2f}",
            "credit_limit_to": f"{told.change.after.terms.credit_limit:.2f}",
            "blocks": told.change.blocks,
            "sentence": {"zh": told.sentence.zh, "en": told.sentence.en},
        }
        for told in moved
    ]


def _money(line: MoneyLine) -> Document:
    amounts = ("exposure", "amount_at_risk", "credit_limit", "limit_at_risk")
    return {
        "grade": line.grade,
        "customers": line.customers,
        **{name: f"{getattr(line, name):.2f}" for name in amounts},
    }


def _history(history: History) -> Document:
    document: Document = {
        "horizon_days": history.horizon_days,
        "months": [day.isoformat() for day in history.months],
        "left_out": history.left_out,
    }
    sides = list(zip(("from", "to"), history.realised, history.steady, strict=True))
    document |= {f"realised_{side}": [_realised(r) for r in lines] for side, lines, _ in sides}
    for side, _, steady in sides:
        document[f"flip_flop_{side}"] = steady.flip_flop
        document[f"moves_{side}"] = steady.moves
        document[f"moves_judged_{side}"] = steady.judged
        document[f"moves_reversed_{side}"] = steady.reversed
        document[f"moves_per_customer_year_{side}"] = steady.moves_per_customer_year
    return document


def _realised(line: RealisedLine) -> Document:
    return dict(vars(line))
