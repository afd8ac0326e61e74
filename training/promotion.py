"""Judge a model before it grades: every gate, whatever the others say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from features.errors import ModelError
from training import runs
from training.dataset import Progress
from training.gates.calibration import calibration
from training.gates.discrimination import auc_champion, auc_floor
from training.gates.evidence import Case, Evidence, evidence_of
from training.gates.gate import NAMES, Gate, judged
from training.gates.migration import migration
from training.gates.monotonicity import monotonicity
from training.gates.provenance import feature_set, recomputed, report

_JUDGES: Mapping[str, Callable[[Evidence], Gate]] = {
    "auc_floor": auc_floor,
    "auc_champion": auc_champion,
    "calibration": calibration,
    "monotonicity": monotonicity,
    "migration": migration,
    "feature_set": feature_set,
    "recomputed": recomputed,
    "report": report,
}


@dataclass(frozen=True)
class Verdict:
    """What came of judging a model.

    Attributes
    ----------
    version : str
        The model judged.
    champion : str or None
        What graded then; None where nothing did, or its file is damaged.
    gates : tuple of Gate
        Every gate, in the order of ``NAMES``.
    """

    version: str
    champion: str | None
    gates: tuple[Gate, ...]

    @property
    def granted(self) -> bool:
        """Whether every gate was passed."""
        return all(gate.passed for gate in self.gates)

    @property
    def is_champion(self) -> bool:
        """Whether the model graded already."""
        return self.version == self.champion

    def gate_documents(self) -> list[dict[str, Any]]:
        """Return the gates as they are told and recorded."""
        return [gate.to_dict() for gate in self.gates]


def judge(case: Case, *, progress: Progress = lambda _: None) -> Verdict:
    """Return what every gate says of a model; a gate that cannot be judged is not passed.

    Parameters
    ----------
    case : Case
        The candidate, and the policy that holds the limits.
    progress : callable
        Told in a sentence what goes on.

    Raises
    ------
    ModelError
        If the workspace has no such model.
    """
    folder = runs.bundle_folder(case.home, case.version)
    if not folder.is_dir():
        known = sorted(path.name for path in (case.home / runs.BUNDLES).glob("[!.]*"))
        message = (
            f"The workspace {case.home} has no bundle {case.version}; it has "
            f"{', '.join(known) or 'none'}. Give one of these, or train."
        )
        raise ModelError(message)
    with evidence_of(case) as evidence:
        gates = []
        for name in NAMES:
            progress(f"judging {name}")
            gates.append(judged(name, partial(_JUDGES[name], evidence)))
    return Verdict(case.version, _champion(case), tuple(gates))


def _champion(case: Case) -> str | None:
    try:
        return runs.champion(case.home)
    except ModelError:
        return None
