"""A gate: its name, whether it was passed, the figure, the limit, and a sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from features.errors import TradegradeError
from models.explain.words.text import Text

NAMES = (
    "auc_floor",
    "auc_champion",
    "calibration",
    "monotonicity",
    "migration",
    "feature_set",
    "recomputed",
    "report",
)
Limit = float | tuple[float, float] | None


@dataclass(frozen=True)
class Gate:
    """What came of a gate.

    Attributes
    ----------
    name : str
        One of ``NAMES``.
    passed : bool
        Whether the model passed it.
    figure : float or None
        What is held against the limit; None where nothing could be measured.
    limit : float, pair of float or None
        The policy's limit, or the two between which the figure must lie.
    detail : Text
        What was found, for a person.
    """

    name: str
    passed: bool
    figure: float | None
    limit: Limit
    detail: Text

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON document of a gate."""
        limit = list(self.limit) if isinstance(self.limit, tuple) else self.limit
        return {
            "name": self.name,
            "passed": self.passed,
            "figure": self.figure,
            "limit": limit,
            "detail": {"zh": self.detail.zh, "en": self.detail.en},
        }


def judged(name: str, judge: Callable[[], Gate]) -> Gate:
    """Return what a judge says; a gate that cannot be judged is not passed, and says why."""
    try:
        return judge()
    except TradegradeError as error:
        why = Text(f"无法评估，故未通过：{error}", f"It cannot be judged and so fails: {error}")
        return Gate(name, False, None, None, why)
