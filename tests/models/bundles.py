"""Small fixed bundles and made-up snapshots, for tests of everything that grades."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib import resources
from pathlib import Path

import lightgbm
import numpy as np

from features.catalogue import FEATURE_NAMES, FEATURES
from features.matrix import Floats, Snapshots
from models.bundle import Bundle, Parts, load_bundle, write_bundle
from models.policy import Policy, parse_policy
from models.probability import Calibration
from models.rules import Book
from models.scale import log_odds

POLICY_TEXT = (resources.files("models.policy") / "default.toml").read_text(encoding="utf-8")
POLICY = parse_policy(POLICY_TEXT.encode())
BOOK = Book(
    amount_quantiles=np.linspace(0.0, 1_000_000.0, 101),
    count_quantiles=np.linspace(0.0, 20.0, 101),
    on_time_rate=0.9,
)
NEVER_UNKNOWN = ("open_overdue_amount", "oldest_overdue_days", "history_days", "invoices_due_365d")

# An ordinary good customer: whatever the catalogue has that is not named here is 0.
GOOD: Mapping[str, float] = dict.fromkeys(FEATURE_NAMES, 0.0) | {
    "on_time_rate_90d": 1.0,
    "on_time_rate_365d": 1.0,
    "on_time_amount_share_365d": 1.0,
    "payment_days_median_365d": 28.0,
    "days_since_last_overdue": 900.0,
    "invoice_amount_90d": 170_000.0,
    "invoice_amount_365d": 700_000.0,
    "invoice_count_90d": 3.0,
    "invoice_count_365d": 12.0,
    "amount_trend": 1.0,
    "amount_volatility_365d": 0.2,
    "days_since_last_invoice": 10.0,
    "tenure_days": 1100.0,
    "open_balance": 60_000.0,
    "exposure": 60_000.0,
    "credit_limit": 200_000.0,
    "limit_utilisation": 0.3,
    "dso_90d": 30.0,
    "payment_amount_30d": 58_000.0,
    "payment_amount_90d": 170_000.0,
    "payment_coverage_90d": 1.0,
    "days_since_last_legal_event": 1000.0,
    "external_score": 85.0,
    "external_score_source": 1.0,
    "industry_score": 80.0,
    "supplier_review_365d": 4.0,
    "group_worst_overdue_days": np.nan,
    "history_days": 1000.0,
    "known_share": 1.0,
    "invoices_due_365d": 12.0,
    "is_exposed": 1.0,
}


def snapshots_of(*overrides: Mapping[str, float | None], as_of: str = "2025-06-30") -> Snapshots:
    """Return one snapshot per mapping: the good customer but for what is named; None is unknown."""
    rows = [GOOD | {k: np.nan if v is None else v for k, v in given.items()} for given in overrides]
    strange = {name for row in rows for name in row} - set(FEATURE_NAMES)
    assert not strange, f"the catalogue has no feature {strange}"
    values = np.array([[row[name] for name in FEATURE_NAMES] for row in rows], dtype=np.float64)
    ids = tuple(f"c{place}" for place in range(1, len(rows) + 1))
    days = np.full(len(rows), as_of, dtype="datetime64[D]")
    return Snapshots(ids, days, FEATURE_NAMES, values.reshape(len(rows), len(FEATURE_NAMES)))


def random_snapshots(rows: int, seed: int = 0, *, as_of: str = "2025-06-30") -> Snapshots:
    """Return made-up customers over the whole catalogue, one value in eight unknown."""
    generator = np.random.default_rng(seed)
    values = np.column_stack([_column(name, rows, generator) for name in FEATURE_NAMES])
    ids = tuple(f"r{place}" for place in range(rows))
    return Snapshots(ids, np.full(rows, as_of, dtype="datetime64[D]"), FEATURE_NAMES, values)


def _column(name: str, rows: int, generator: np.random.Generator) -> Floats:
    drawn: dict[str, Floats] = {
        "share": generator.beta(1.0, 1.0, rows),
        "days": np.floor(generator.exponential(150.0, rows)),
        "count": generator.poisson(2.0, rows).astype(np.float64),
        "amount": np.round(generator.lognormal(9.0, 2.0, rows), 2),
        "ratio": generator.gamma(2.0, 0.5, rows),
        "score": generator.uniform(0.0, 100.0, rows),
        "flag": (generator.random(rows) < 0.1).astype(np.float64),
        "code": generator.integers(1, 3, rows).astype(np.float64),
    }
    column = drawn[FEATURES[name].unit]
    hidden = generator.random(rows) < 0.125
    return column if name in NEVER_UNKNOWN else np.where(hidden, np.nan, column)


@cache
def model_text(names: tuple[str, ...] = FEATURE_NAMES, seed: int = 0, trees: int = 25) -> str:
    """Return a small LightGBM model of made-up outcomes, monotone as the catalogue says."""
    generator = np.random.default_rng(seed + 1000)
    rows = random_snapshots(900, seed + 1000)
    known = {name: np.nan_to_num(rows.column(name)) for name in FEATURE_NAMES}
    risk = (
        -2.0
        + 2.0 * (1 - known["on_time_rate_365d"])
        + 0.4 * known["overdue_count_365d"]
        + 0.004 * known["oldest_overdue_days"]
        - 0.02 * known["external_score"]
        + 0.3 * known["legal_count_730d"]
    )
    defaulted = generator.random(len(rows)) < 1 / (1 + np.exp(-risk))
    data = lightgbm.Dataset(
        rows.select(names).values, defaulted.astype(np.float64), feature_name=list(names)
    )
    settings = {
        "objective": "binary",
        "learning_rate": 0.15,
        "num_leaves": 8,
        "min_data_in_leaf": 15,
        "monotone_constraints": [FEATURES[name].direction for name in names],
        "monotone_constraints_method": "basic",
        "deterministic": True,
        "force_col_wise": True,
        "num_threads": 1,
        "seed": seed,
        "verbosity": -1,
    }
    return str(lightgbm.train(settings, data, trees).model_to_string())


def bundle_parts(
    *,
    seed: int = 0,
    names: Sequence[str] = FEATURE_NAMES,
    horizon_days: int = 365,
    default_probability: float | None = None,
    book: Book = BOOK,
) -> Parts:
    """Return the parts of a bundle; with a default probability everybody is told that one."""
    calibration = Calibration(-1.0, 0.9)
    if default_probability is not None:
        calibration = Calibration(log_odds(default_probability), 0.0)
    return Parts(
        model_text=model_text(tuple(names), seed),
        calibration=calibration,
        feature_names=tuple(names),
        null_seen={name: name not in NEVER_UNKNOWN for name in names},
        reference=GOOD,
        book=book,
        policy=POLICY_TEXT.encode(),
        horizon_days=horizon_days,
    )


def bundle_in(root: Path, parts: Parts | None = None) -> Bundle:
    """Write a bundle under a folder and read it again."""
    return load_bundle(write_bundle(root, parts or bundle_parts()))


def certain(bundle: Bundle, default_probability: float) -> Bundle:
    """Return the bundle, but telling everybody one probability."""
    calibration = Calibration(log_odds(default_probability), 0.0)
    return replace(bundle, probability=replace(bundle.probability, calibration=calibration))


def policy_with(*changes: tuple[str, str]) -> Policy:
    """Return the default policy with pieces of its text replaced; each must stand there once."""
    text = POLICY_TEXT
    for old, new in changes:
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the policy"
        text = text.replace(old, new)
    return parse_policy(text.encode())
