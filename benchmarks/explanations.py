"""Explanations: what each feature adds to the trees' log-odds of one row over another."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.results import Section, Table
from benchmarks.timing import Note, interleaved
from features.catalogue import MODEL_FEATURES
from features.ledger.open import open_ledger
from features.matrix import Floats, Snapshots
from features.snapshot import all_pairs, snapshots
from models.bundle import load_bundle
from models.explain.background import background
from models.explain.shapley import PairTrees, add_pairs, compiled, moved, pair_trees, pair_values
from models.trees import Ensemble, LeafBoxes, leaf_boxes, parse_trees
from training.config import load_config
from training.fit import fit_trees

Ways = dict[str, Callable[[], Any]]

APART = timedelta(days=31)  # between the two days of a change
_ROUNDING = 1e-6  # what float32 weights alone explain
_FEW = 20  # rows of the ways that build an explainer for each row


@dataclass(frozen=True)
class _Case:
    """Trees, and rows to explain against one background each.

    Attributes
    ----------
    name : str
        Where the trees come from, in a sentence.
    booster : lightgbm.Booster
        The trees as LightGBM and shap take them.
    leaves, ensemble, pairs : LeafBoxes, Ensemble, PairTrees
        The trees as ours takes them.
    now, before : ndarray of float64, shape (n, features)
        The rows, and those of the same customers a month earlier.
    reference : ndarray of float64, shape (features,)
        The one background of a grade.
    """

    name: str
    booster: Any
    leaves: LeafBoxes
    ensemble: Ensemble
    pairs: PairTrees
    now: Floats
    before: Floats
    reference: Floats


def explanation_times(
    path: Path, bundle: Path | None, *, rows: int, rounds: int, note: Note
) -> Section:
    """Measure on customers of the ledger in a folder.

    Parameters
    ----------
    path : Path
        Folder of a plain ledger.
    bundle : Path, optional
        Folder of a trained bundle; without it trees of the packaged size are fitted here.
    rows : int
        Customers to explain, fewer if there are fewer.
    rounds : int
        How often each way is run.
    note : callable
        Told what goes on.
    """
    note("explanations")
    compiled()  # as a library is imported before
    case = _case(path, bundle, rows)
    few = min(_FEW, len(case.now))
    grade = interleaved(_of_a_grade(case), rounds=rounds, note=note)
    change = interleaved(_of_a_change(case, few), rounds=rounds, note=note)
    return Section(
        f"Explanations: {case.booster.num_trees()} trees, {len(case.leaves.value):,} leaves, "
        f"{case.leaves.features} features",
        [
            Table(
                f"One row of {len(case.now)}, all against the same background (a grade).",
                grade,
                per=len(case.now),
            ),
            Table(
                f"One row of {few}, each against its own a month before (a change).",
                change,
                per=few,
            ),
        ],
        [case.name, *_exactness(case)],
    )


def _case(path: Path, bundle: Path | None, rows: int) -> _Case:
    import lightgbm  # noqa: PLC0415 - seconds to import

    with open_ledger(path) as ledger:
        last = ledger.last_day
        assert last is not None
        found = snapshots(ledger, all_pairs(ledger, [last - APART, last]))
    if bundle is None:
        text = _fitted(found)
        name = "The trees were fitted here, with the packaged settings, to made-up outcomes."
        values, reference = _modelled(found), None
    else:
        loaded = load_bundle(bundle)
        text = loaded.probability.model_text
        name = f"The trees are those of a trained bundle, {loaded.model_version}."
        values = loaded.probability.prepare(found.select(loaded.feature_names).values)
        reference = loaded.probability.reference
    now, before = _both_days(found, rows)
    ensemble = parse_trees(text)
    return _Case(
        name=name,
        booster=lightgbm.Booster(model_str=text),
        leaves=leaf_boxes(ensemble),
        ensemble=ensemble,
        pairs=pair_trees(ensemble),
        now=values[now],
        before=values[before],
        reference=values[before[0]] if reference is None else reference,
    )


def _fitted(found: Snapshots) -> str:
    """Return trees of the packaged size for drawn outcomes: only their size counts here."""
    risk = np.nan_to_num(found.column("overdue_share_365d")) * 4 - 2.5
    drawn = np.random.default_rng(1).random(len(found)) < 1 / (1 + np.exp(-risk))
    config = load_config()
    return fit_trees(
        _modelled(found), drawn, MODEL_FEATURES, settings=config.model, seed=config.seed
    )


def _modelled(found: Snapshots) -> Floats:
    return found.select(MODEL_FEATURES).values


def _both_days(found: Snapshots, rows: int) -> tuple[list[int], list[int]]:
    """Return the places of the later and of the earlier row of customers known on both days."""
    is_first = found.as_of == found.as_of.min()
    earlier = {c: place for place, c in enumerate(found.customer_ids) if is_first[place]}
    now = [p for p, c in enumerate(found.customer_ids) if not is_first[p] and c in earlier][:rows]
    return now, [earlier[found.customer_ids[place]] for place in now]


def _of_a_grade(case: _Case) -> Ways:
    explainer = _explainer(case.booster, case.reference)
    prepared = background(case.ensemble, case.reference)
    return {
        "tables of the reference (ours)": lambda: prepared.values(case.now),
        "tables of the reference, row by row (ours)": lambda: [
            prepared.values(x[None]) for x in case.now
        ],
        "pair kernel, all rows at once (ours, for changes)": lambda: pair_values(
            case.pairs, case.now, np.broadcast_to(case.reference, case.now.shape)
        ),
        "shap TreeExplainer, interventional, one background, all rows at once": (
            lambda: explainer.shap_values(case.now, check_additivity=False)
        ),
        "LightGBM pred_contrib, all rows at once (path-dependent: another question)": (
            lambda: case.booster.predict(case.now, pred_contrib=True, num_threads=1)
        ),
        "LightGBM pred_contrib, row by row": lambda: [
            case.booster.predict(x[None], pred_contrib=True, num_threads=1) for x in case.now
        ],
    }


def _of_a_change(case: _Case, few: int) -> Ways:
    pairs = list(zip(case.now[:few], case.before[:few], strict=True))
    return {
        "pair kernel, pair by pair (ours)": lambda: [
            pair_values(case.pairs, x[None], z[None]) for x, z in pairs
        ],
        "the same source uncompiled, as the server runs it (ours)": lambda: _plain(case, pairs),
        "shap TreeExplainer, interventional, built for each pair": lambda: [
            _explainer(case.booster, z).shap_values(x[None], check_additivity=False)
            for x, z in pairs
        ],
        "difference of two LightGBM pred_contrib (misleads about a change)": lambda: [
            case.booster.predict(np.stack([x, z]), pred_contrib=True, num_threads=1)
            for x, z in pairs
        ],
    }


def _plain(case: _Case, pairs: list[tuple[Floats, Floats]]) -> None:
    for x, z in pairs:
        out = [[0.0] * case.pairs.features]
        add_pairs(case.pairs.lists, [x.tolist()], [z.tolist()], out)


def _exactness(case: _Case) -> list[str]:
    ours = background(case.ensemble, case.reference).values(case.now)
    pairs = pair_values(case.pairs, case.now, np.broadcast_to(case.reference, case.now.shape))
    shap = _explainer(case.booster, case.reference).shap_values(case.now, check_additivity=False)
    base = case.booster.predict(case.reference[None], raw_score=True)[0]
    wanted = case.booster.predict(case.now, raw_score=True) - base
    off_ours, off_shap = (np.abs(v.sum(axis=1) - wanted) for v in (ours, shap))
    far = int((np.abs(ours - shap).max(axis=1) > _ROUNDING).sum())
    share = np.mean([moved(x, z).mean() for x, z in zip(case.now, case.before, strict=True)])
    return [
        "A row's values must add up to the difference of the two log-odds. They miss it by at most "
        f"{off_ours.max():.1e} (ours) and {off_shap.max():.1e} (shap, which works in float32 here: "
        f"in {far} of {len(ours)} rows a value close to a split falls on its other side). Tables "
        f"and pair kernel differ by at most {np.abs(ours - pairs).max():.1e}.",
        f"Between a row and the one of a month before {share:.0%} of the features moved.",
        "pred_contrib answers another question: its background is the training data along each "
        "path, so a difference of two of its answers puts points on features that did not move.",
        "Ours and pred_contrib were held to one thread.",
    ]


def _explainer(booster: Any, background: Floats) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of shap's own imports
        import shap  # noqa: PLC0415 - seconds to import

        return shap.TreeExplainer(
            booster, data=background[None], feature_perturbation="interventional"
        )
