"""What the intervals of probabilities cover, measured where the truth is all but known.

``python -m proofs.coverage`` makes up a large seller and parts its customers: half of them train
the *yardstick*, a larger model whose probabilities stand for the truth; four groups of a tenth
each train models of the size that a seller really has, with their intervals; a tenth is judged.
An interval covers where the yardstick's probability of a judged row lies in it. The yardstick has
an error too, told by two yardsticks on halves of its customers: the second figure of each way is
what it covers once widened by that. Beside the way that ships stand the two parts that it is
made of, and the textbook's percentiles of bootstraps.

Then each fact that judged customers have is hidden, and the interval must cover what the same
model tells once the fact is known: with donors, and without.

With ``--ledger`` and ``--as-of`` a real ledger takes the place of the made-up one.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from statistics import NormalDist

import click
import numpy as np

from features.ledger.open import open_ledger
from features.ledger.simulate import simulate
from features.matrix import Floats, Snapshots
from models.bundle import Bundle, Parts, load_bundle, write_bundle
from models.policy.load import load_policy
from models.sureness.curve import ErrorCurve
from models.sureness.facts import FACTS, Fact
from models.sureness.told import CONFIDENCE, probability_interval
from tradegrade.options import A_PATH, DAY
from training.candidates.draws import customer_draws
from training.config import TrainingConfig, load_config
from training.dataset import Dataset, ledger_dataset
from training.fit import fit_model
from training.population import Rows
from training.reference import book_of
from training.sureness import error_curve, parts_of_error, sureness_of
from training.windows import CALIBRATE, FIT, TEST

YARDSTICK, JUDGED, GROUPS = 0.5, 0.1, 4
_Z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
_LEVELS = 5
_ROWS_OF_A_FACT = 200


@dataclass(frozen=True)
class Covered:
    """What one way of making intervals covers.

    Attributes
    ----------
    share : float
        Of all judged rows.
    widened : float
        The same, of intervals widened by the standard error of the yardstick.
    by_level : tuple of float
        Of each fifth of them by the yardstick, the safest first.
    width : float
        Mean width in log-odds.
    """

    share: float
    widened: float
    by_level: tuple[float, ...]
    width: float


def coverage_of_groups(
    dataset: Dataset, config: TrainingConfig, *, bootstraps: int = 30
) -> dict[str, list[Covered]]:
    """Return what each way covers, group by group.

    Parameters
    ----------
    dataset : Dataset
        Of many customers.
    config : TrainingConfig
        Of the models; the yardstick's trees are more and larger.
    bootstraps : int
        Refits for the percentiles; 0 leaves them out.
    """
    parted = _parted(dataset)
    judged = parted.judged
    truth, noise = _yardstick(parted, config)
    edges = np.quantile(truth, np.linspace(0, 1, _LEVELS + 1)[1:-1])
    level = np.searchsorted(edges, truth, side="right")

    def covered(low: Floats, high: Floats) -> Covered:
        inside = (low <= truth) & (truth <= high)
        middle, half = (low + high) / 2, (high - low) / 2
        wide = np.abs(truth - middle) <= np.hypot(half, _Z * noise)
        return Covered(
            float(inside.mean()),
            float(wide.mean()),
            tuple(float(inside[level == one].mean()) for one in range(_LEVELS)),
            float((high - low).mean()),
        )

    found: dict[str, list[Covered]] = {}
    for number in range(GROUPS):
        rows = parted.group(number)
        model = fit_model(*rows, config)
        told = model.log_odds(judged.snapshots)
        for name, curve in parts_of_error(*rows, model, config).items():
            sd = np.interp(told, curve.log_odds, curve.sd)
            found.setdefault(name, []).append(covered(told - _Z * sd, told + _Z * sd))
        if bootstraps:
            low, high = _percentiles(rows, judged, config, times=bootstraps)
            found.setdefault("percentiles of bootstraps", []).append(covered(low, high))
    return found


def coverage_of_facts(
    dataset: Dataset, config: TrainingConfig, folder: Path
) -> dict[str, tuple[int, float, float]]:
    """Return for each fact: rows, and the share covered with donors and without, once it is known.

    Parameters
    ----------
    dataset : Dataset
        The first group's customers train the model, the judged ones lose their facts.
    config : TrainingConfig
        Of the model.
    folder : Path
        Where its bundle is written.
    """
    parted = _parted(dataset)
    judged = parted.judged
    bundle = _bundle(parted.group(0), dataset, config, folder)
    found = {}
    for fact in FACTS:
        if bundle.sureness is not None and fact.code in bundle.sureness.donors:
            known = np.flatnonzero(~fact.is_unknown(judged.snapshots.values))
            places = known[:: max(1, len(known) // _ROWS_OF_A_FACT)][:_ROWS_OF_A_FACT]
            found[fact.code] = _hidden(
                fact, judged.snapshots.take(places), bundle, bundle.sureness.error
            )
    return found


def _hidden(
    fact: Fact, known: Snapshots, bundle: Bundle, curve: ErrorCurve
) -> tuple[int, float, float]:
    """Return rows, share covered with donors, and without, of customers who lose a fact."""
    hidden = replace(known, values=fact.hidden(known.values))
    names = bundle.feature_names
    told = bundle.probability.log_odds(known.select(names).values)
    then = bundle.probability.log_odds(hidden.select(names).values)
    inside = 0
    for row, chance in enumerate(1 / (1 + np.exp(-told))):
        interval = probability_interval(hidden.take(np.array([row])), bundle)
        inside += interval is not None and interval[0] <= chance <= interval[1]
    sd = np.interp(then, curve.log_odds, curve.sd)
    alone = np.abs(told - then) <= _Z * sd
    return len(told), inside / len(told), float(alone.mean())


@dataclass(frozen=True)
class _Parted:
    """Rows parted by a hash of the customer: yardstick, judged, and groups that train."""

    fit: Rows
    calibrate: Rows
    judged: Rows
    place_fit: Floats
    place_calibrate: Floats

    def group(self, number: int) -> tuple[Rows, Rows]:
        """Return the fit and the calibration rows of a group."""
        share = (1 - YARDSTICK - JUDGED) / GROUPS
        low = YARDSTICK + JUDGED + number * share
        return self.between(low, low + share)

    def between(self, low: float, high: float) -> tuple[Rows, Rows]:
        """Return the fit and the calibration rows of a share of the customers."""
        return (
            self.fit.where((low <= self.place_fit) & (self.place_fit < high)),
            self.calibrate.where((low <= self.place_calibrate) & (self.place_calibrate < high)),
        )


def _parted(dataset: Dataset) -> _Parted:
    fit, calibrate, test = (dataset.part(part) for part in (FIT, CALIBRATE, TEST))
    places = [_places(rows.snapshots.customer_ids) for rows in (fit, calibrate, test)]
    judged = test
    if dataset.split == "time":  # of a split by customer the test rows are nobody else's
        judged = test.where((places[2] >= YARDSTICK) & (places[2] < YARDSTICK + JUDGED))
    return _Parted(fit, calibrate, judged, places[0], places[1])


def _places(customer_ids: Sequence[str]) -> Floats:
    digests = (hashlib.sha256(f"coverage:{one}".encode()).digest() for one in customer_ids)
    return np.array([int.from_bytes(digest[:8], "big") / 2**64 for digest in digests])


def _yardstick(parted: _Parted, config: TrainingConfig) -> tuple[Floats, Floats]:
    """Return log-odds and standard errors of the judged rows, each of shape (n,)."""
    model = config.model
    larger = replace(
        model,
        trees=2 * model.trees,
        leaves=model.leaves * 3 // 2,
        rows_in_leaf_share=model.rows_in_leaf_share / 3,
    )
    told, one, other = (
        fit_model(*parted.between(low, high), replace(config, model=larger)).log_odds(
            parted.judged.snapshots
        )
        for low, high in ((0.0, YARDSTICK), (0.0, YARDSTICK / 2), (YARDSTICK / 2, YARDSTICK))
    )
    curve = error_curve(told, (one - other) ** 2 / 4, points=10)
    return told, np.interp(told, curve.log_odds, curve.sd)


def _percentiles(
    rows: tuple[Rows, Rows], judged: Rows, config: TrainingConfig, *, times: int
) -> tuple[Floats, Floats]:
    """Return the central part of what models tell that are refitted on drawn customers."""
    fit, calibrate = rows
    ids = (*fit.snapshots.customer_ids, *calibrate.snapshots.customer_ids)
    told = []
    for drawn in customer_draws(ids, seed=config.seed, resamples=times):
        chosen = np.repeat(np.arange(len(ids)), drawn)
        in_fit = chosen < len(fit)
        model = fit_model(
            Rows(fit.snapshots.take(chosen[in_fit]), fit.defaulted[chosen[in_fit]]),
            Rows(
                calibrate.snapshots.take(chosen[~in_fit] - len(fit)),
                calibrate.defaulted[chosen[~in_fit] - len(fit)],
            ),
            config,
        )
        told.append(model.log_odds(judged.snapshots))
    low, high = np.quantile(told, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2], axis=0)
    return low, high


def _bundle(
    rows: tuple[Rows, Rows], dataset: Dataset, config: TrainingConfig, folder: Path
) -> Bundle:
    model = fit_model(*rows, config)
    parts = Parts(
        model_text=model.probability.model_text,
        calibration=model.probability.calibration,
        feature_names=model.names,
        null_seen=dict(zip(model.names, model.probability.null_seen.tolist(), strict=True)),
        reference=model.reference,
        book=book_of(rows[0]),
        policy=load_policy().content,
        horizon_days=dataset.horizon_days,
        sureness=sureness_of(*rows, model, config, progress=lambda _: None),
    )
    return load_bundle(write_bundle(folder, parts))


@click.command()
@click.option("--customers", default=20_000, show_default=True, help="Of the made-up ledger.")
@click.option("--months", default=36, show_default=True, help="Of the made-up ledger.")
@click.option("--seed", default=9, show_default=True, help="Draws the ledger.")
@click.option("--ledger", type=A_PATH, help="A real ledger in its place.")
@click.option("--as-of", type=DAY, help="Its one as-of date; without it its month-ends.")
@click.option("--horizon-days", default=180, show_default=True, help="Of the models.")
@click.option("--default-on", default="bad_debt,bankruptcy,days_past_due", show_default=True)
@click.option("--keep-unexposed", is_flag=True, help="As in `tradegrade train`.")
@click.option("--bootstraps", default=30, show_default=True, help="Refits for the percentiles.")
def coverage(
    customers: int,
    months: int,
    seed: int,
    ledger: Path | None,
    as_of: date | None,
    horizon_days: int,
    default_on: str,
    keep_unexposed: bool,
    bootstraps: int,
) -> None:
    """Measure what the intervals of probabilities cover."""
    config = load_config().with_options(
        horizon_days=horizon_days,
        default_on=tuple(default_on.split(",")),
        keep_unexposed=keep_unexposed,
    )
    with tempfile.TemporaryDirectory(prefix="tradegrade-coverage-") as name:
        folder = Path(name)
        if ledger is None:
            ledger = folder / "ledger"
            simulate(customers, months, seed, ledger)
        days = None if as_of is None else [as_of]
        with open_ledger(ledger, ledger_currency=load_policy().ledger.currency) as opened:
            dataset = ledger_dataset(opened, config, days=days, progress=_note)
        _note(dataset.split_reason)
        print_ways(coverage_of_groups(dataset, config, bootstraps=bootstraps))
        print_facts(coverage_of_facts(dataset, config, folder / "bundles"))


def print_ways(found: dict[str, list[Covered]]) -> None:
    """Print what each way of making intervals covers, as a Markdown table."""
    click.echo(
        f"interval of {CONFIDENCE:.0%} | covers | yardstick's error taken out | "
        "by fifth, the safest first | worst group | width"
    )
    click.echo("---|---|---|---|---|---")
    for way, groups in found.items():
        levels = np.mean([group.by_level for group in groups], axis=0)
        shares = [group.share for group in groups]
        click.echo(
            f"{way} | {np.mean(shares):.1%} | {np.mean([g.widened for g in groups]):.1%} | "
            f"{' '.join(f'{one:.0%}' for one in levels)} | "
            f"{min(shares):.1%} | {np.mean([group.width for group in groups]):.2f}"
        )


def print_facts(found: dict[str, tuple[int, float, float]]) -> None:
    """Print what is covered once a hidden fact is known, as a Markdown table."""
    click.echo("\nhidden fact | rows | covered | without donors")
    click.echo("---|---|---|---")
    for code, (rows, inside, alone) in found.items():
        click.echo(f"{code} | {rows} | {inside:.1%} | {alone:.1%}")


def _note(text: str) -> None:
    click.echo(text, err=True)


if __name__ == "__main__":
    coverage()
