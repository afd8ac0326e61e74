"""Whether risk never falls where a feature says that it must rise, and the other way round."""

from __future__ import annotations

import numpy as np

from features.catalogue import FEATURES
from models.explain.words.text import Text
from training.gates.evidence import Evidence
from training.gates.gate import Gate
from training.statistics.monotonicity import audit

_CUSTOMERS = 200


def monotonicity(evidence: Evidence) -> Gate:
    """Move each constrained feature of real customers through its range, the rest unmoved."""
    bundle, known = evidence.bundle, evidence.ledger_test.latest().snapshots
    spread = np.unique(np.linspace(0, len(known) - 1, _CUSTOMERS).astype(np.intp))
    rows = known.take(spread).select(bundle.feature_names).values
    directions = {name: FEATURES[name].direction for name in bundle.feature_names}
    found = audit(bundle.probability.log_odds, rows, bundle.feature_names, directions)
    wrong = [probe.feature for probe in found if probe.violations]
    total = sum(probe.violations for probe in found)
    which_zh = f"：{'、'.join(FEATURES[name].label_zh for name in wrong)}" if wrong else ""
    which_en = f": {', '.join(wrong)}" if wrong else ""
    return Gate(
        "monotonicity",
        total == 0,
        float(total),
        0.0,
        Text(
            f"对{len(rows)}户客户逐一改变{len(found)}个有方向的特征，违反方向{total}次{which_zh}",
            f"{total} violations when {len(found)} features with a direction were moved for "
            f"{len(rows)} customers{which_en}",
        ),
    )
