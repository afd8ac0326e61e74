"""The JSON document of fitted weights, and the section to paste into a policy."""

from __future__ import annotations

from typing import Any

from models.explain.words.text import Text
from models.policy.sections import Weights
from training.statistics.discrimination import Interval
from training.weights import WeightsFound
from training.windows import TEST

UNKNOWNS = Text(
    "未知指标按规则分的做法处理：其权重由已知指标分担，即视其分数等于该户在现行权重下的规则分；"
    "一无所知者取政策的中性分。",
    "An unknown indicator counts as in the rule score: the known ones share its weight, as if it "
    "had the row's own rule score under the present weights; where nothing is known, the policy's "
    "neutral points.",
)


def weights_document(found: WeightsFound) -> dict[str, Any]:
    """Return the JSON document of ``tradegrade weights``."""
    dataset, moves = found.dataset, found.moves
    return {
        "policy": found.policy.policy_version,
        "split": dataset.split,
        "split_reason": dataset.split_reason,
        "horizon_days": dataset.horizon_days,
        "as_of": [str(day) for day in dataset.days],
        "n": len(found.fit),
        "defaults": found.fit.defaults,
        "n_test": int((dataset.parts == TEST).sum()),
        "weights": [
            {
                "indicator": line.indicator,
                "present": line.present,
                "fitted": line.fitted.estimate,
                "low": line.fitted.low,
                "high": line.fitted.high,
                "suggested": line.suggested,
                "unknown_share": line.unknown_share,
                "kept": line.kept,
            }
            for line in found.lines
        ],
        "unknown": {"zh": UNKNOWNS.zh, "en": UNKNOWNS.en},
        "auc_present": _interval(found.auc_present),
        "auc_suggested": _interval(found.auc_suggested),
        "difference": _interval(found.difference),
        "grades": None
        if moves is None
        else {
            "as_of": moves.as_of.isoformat(),
            "model_version": moves.model_version,
            "customers": moves.customers,
            "changed": moves.up + moves.down,
            "up": moves.up,
            "down": moves.down,
        },
        "toml": weights_toml(found.suggested),
        "warnings": list(dataset.warnings),
    }


def weights_toml(weights: Weights) -> str:
    """Return the section ``[weights]`` of a policy.

    Examples
    --------
    >>> print(weights_toml(Weights(0.3, 0.2, 0.2, 0.15, 0.15)).splitlines()[1])
    payment_timeliness = 0.30
    """
    lines = [f"{name} = {weight:.2f}" for name, weight in vars(weights).items()]
    return "\n".join(["[weights]", *lines, ""])


def _interval(found: Interval) -> dict[str, float]:
    return {"estimate": found.estimate, "low": found.low, "high": found.high}
