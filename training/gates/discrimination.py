"""Whether a model ranks: above a floor, and no worse than the champion."""

from __future__ import annotations

from models.explain.words.text import Text
from training.gates.evidence import Evidence, risk_of
from training.gates.gate import Gate
from training.statistics.discrimination import auc_difference, auc_interval


def auc_floor(evidence: Evidence) -> Gate:
    """Hold the lower end of the AUC's interval on the model's own test rows against the floor."""
    rows, settings = evidence.own_test, evidence.config.validation
    area = auc_interval(
        risk_of(evidence.bundle, rows),
        rows.defaulted,
        rows.snapshots.customer_ids,
        seed=evidence.config.seed,
        resamples=settings.resamples,
        confidence=settings.confidence,
    )
    floor = evidence.case.policy.promotion.min_auc
    return Gate(
        "auc_floor",
        area.low > floor,
        area.low,
        floor,
        Text(
            f"测试样本{len(rows)}行、违约{rows.defaults}行，AUC为{area.estimate:.4f}，"
            f"置信区间{area.low:.4f}至{area.high:.4f}；下限须高于{floor:g}",
            f"AUC {area.estimate:.4f}, interval {area.low:.4f} to {area.high:.4f}, on {len(rows)} "
            f"test rows with {rows.defaults} defaults; the lower end must lie above {floor:g}",
        ),
    )


def auc_champion(evidence: Evidence) -> Gate:
    """Compare with the champion on the same rows, by the ledger's own definition of default."""
    champion = evidence.champion
    if isinstance(champion, Text):
        return Gate("auc_champion", True, None, 0.0, champion)
    rows, settings = evidence.ledger_test, evidence.config.validation
    gap = auc_difference(
        risk_of(evidence.bundle, rows),
        risk_of(champion, rows),
        rows.defaulted,
        rows.snapshots.customer_ids,
        seed=evidence.config.seed,
        resamples=settings.resamples,
        confidence=settings.confidence,
    )
    return Gate(
        "auc_champion",
        gap.high >= 0,
        gap.high,
        0.0,
        Text(
            f"在相同的{len(rows)}行测试样本上，AUC与在用模型{champion.model_version}相差"
            f"{gap.estimate:+.4f}，置信区间{gap.low:+.4f}至{gap.high:+.4f}；上限低于0即为不如在用模型",
            f"AUC {gap.estimate:+.4f} against champion {champion.model_version} on the same "
            f"{len(rows)} test rows, interval {gap.low:+.4f} to {gap.high:+.4f}; an upper end "
            "below 0 means worse",
        ),
    )
