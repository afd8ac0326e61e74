"""The sections of a policy as frozen values; each field is a key of the TOML."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from models.curves import Curve
from models.indicators import Law
from models.scale import PointScale


@dataclass(frozen=True)
class LedgerSection:
    """The currency that a ledger without one is read in, and that others are converted to."""

    currency: str


@dataclass(frozen=True)
class BlendSection:
    """``rule_weight``: the share of the rule score in the blend, 0 to 1."""

    rule_weight: float


@dataclass(frozen=True)
class Weights:
    """Weights of the five indicators; they add up to 1."""

    payment_timeliness: float
    overdue_count: float
    amount_and_frequency: float
    industry_score: float
    litigation: float


@dataclass(frozen=True)
class ScaleSection:
    """Anchors of the point scale: per horizon in days, a probability at each of two points."""

    safe_points: float
    risky_points: float
    anchors: dict[str, tuple[float, float]]


@dataclass(frozen=True)
class Bands:
    """Floors of the grades in points; below C is D."""

    A: float
    B: float
    C: float


@dataclass(frozen=True)
class CurveSection:
    """A curve from a measure to points."""

    curve: Curve


@dataclass(frozen=True)
class LitigationSection:
    """What legal events cost: by count, weighed by recency, and for each that is open."""

    per_event: Curve
    recency: Curve
    per_open: Curve


@dataclass(frozen=True)
class Rules:
    """The curves of the five indicators."""

    neutral: float
    shrink_invoices: float
    payment_timeliness: CurveSection
    overdue_count: CurveSection
    amount_and_frequency: CurveSection
    industry_score: CurveSection
    litigation: LitigationSection


@dataclass(frozen=True)
class Provisional:
    """When a customer is too new to be told, and where it enters."""

    fewer_invoices_due_than: int
    fewer_days_than: int
    entry_points: float
    expires_after_days: int


@dataclass(frozen=True)
class Ceilings:
    """Facts that no score outweighs."""

    margin: float
    overdue_days_to_c: int
    overdue_days_to_d: int
    overdue_material_amount: float
    yearly_probability_to_c: float
    yearly_probability_to_d: float


@dataclass(frozen=True)
class Hysteresis:
    """``upgrade_margin``: points above an edge that an upgrade needs."""

    upgrade_margin: float


@dataclass(frozen=True)
class OverrideSection:
    """``most_notches_up``: how far people may lift a grade."""

    most_notches_up: int


@dataclass(frozen=True)
class ReasonsSection:
    """``at_most``: how many reasons are told."""

    at_most: int


@dataclass(frozen=True)
class GradeTerms:
    """The terms of one grade; the limit is months of sales, scaled by conduct."""

    months_of_sales: float
    payment_days: int
    prepayment_share: float
    approval: str
    contract: str


@dataclass(frozen=True)
class TermsSection:
    """What a grade means in business."""

    warning_share: float
    longest_tenure_days: int
    smallest_limit: str
    largest_limit: str
    guarantee_share: float
    fast_lane_tenure_days: int
    fast_lane_overdue_share: float
    A: GradeTerms
    B: GradeTerms
    C: GradeTerms
    D: GradeTerms

    def of(self, grade: str) -> GradeTerms:
        """Return the terms of a grade."""
        wanted: GradeTerms = getattr(self, grade)
        return wanted


@dataclass(frozen=True)
class PromotionSection:
    """What a model must pass before it grades.

    A policy from before there were gates has no such section: these values then hold, so that
    it is read, and replayed, as it was.

    Attributes
    ----------
    min_auc : float
        The lower end of the AUC's interval must lie above it.
    least_calibration_slope, most_calibration_slope : float
        Between which the slope of outcomes on told log-odds must lie; 1 is perfect.
    least_told_to_realised, most_told_to_realised : float
        Between which the mean told probability over the realised rate must lie.
    most_migration : float
        Share of the customers, 0 to 1, whose grade may change against the champion.
    """

    min_auc: float = 0.60
    least_calibration_slope: float = 0.6
    most_calibration_slope: float = 1.6
    least_told_to_realised: float = 0.5
    most_told_to_realised: float = 2.0
    most_migration: float = 0.25


@dataclass(frozen=True)
class Steps:
    """Shares by days past due: each holds up to its number of days, and no further.

    Attributes
    ----------
    knots : tuple of (int, float)
        Days and share, days rising.
    """

    knots: tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class ProvisionSection:
    """The provision matrix: the share provided for by days past due.

    Attributes
    ----------
    rates : Steps
        Up to so many days past due; the first, 0 days, is what is not yet due.
    beyond : float
        Of what is past due for longer.
    """

    rates: Steps = Steps(((0, 0.003), (30, 0.015), (60, 0.034), (90, 0.071)))
    beyond: float = 0.108

    @property
    def edges(self) -> tuple[int, ...]:
        """The last day past due of each bucket but the last."""
        return tuple(days for days, _ in self.rates.knots)

    @property
    def shares(self) -> tuple[float, ...]:
        """The share of each bucket, the last among them."""
        return (*(share for _, share in self.rates.knots), self.beyond)


@dataclass(frozen=True)
class LossSection:
    """What a default costs; a policy from before there were losses has these values.

    Attributes
    ----------
    prior : float
        Loss given default, 0 to 1, that the ledger's own is drawn towards.
    prior_defaults : float
        Defaults of the ledger's own that the prior weighs as much as.
    floor : float
        The loss given default is never lower, 0 to 1.
    write_off_days : int
        What is not paid within so many days of a default, or of a month-end, is lost.
    recovery_days : int
        What comes back within so many days of a bad debt is recovered.
    discount_rate : float
        A year, of recoveries back to the day of the bad debt.
    order_share, undrawn_share : float
        Of open orders not yet invoiced, and of the unused credit limit: what counts as
        exposure, 0 to 1.
    provision : ProvisionSection
        The provision matrix.
    """

    prior: float = 0.40
    prior_defaults: float = 20.0
    floor: float = 0.25
    write_off_days: int = 365
    recovery_days: int = 365
    discount_rate: float = 0.0
    order_share: float = 0.0
    undrawn_share: float = 0.0
    provision: ProvisionSection = ProvisionSection()


@dataclass(frozen=True)
class Policy:
    """A whole policy.

    Attributes
    ----------
    content : bytes
        The TOML as it was read; its hash is part of the version.
    sha256 : str
        Hash of the content.
    """

    name: str
    version: str
    ledger: LedgerSection
    blend: BlendSection
    weights: Weights
    scale: ScaleSection
    bands: Bands
    rules: Rules
    provisional: Provisional
    ceilings: Ceilings
    hysteresis: Hysteresis
    override: OverrideSection
    reasons: ReasonsSection
    terms: TermsSection
    loss: LossSection = LossSection()
    promotion: PromotionSection = PromotionSection()
    content: bytes = b""
    sha256: str = ""

    @cached_property
    def policy_version(self) -> str:
        """Name, version and the first of the hash: two policies that differ never share it."""
        return f"{self.name}-{self.version}-{self.sha256[:8]}"

    @cached_property
    def law(self) -> Law:
        """What the rules are worked out with, as plain numbers."""
        rules = self.rules
        return Law(
            neutral=float(rules.neutral),
            shrink_invoices=float(rules.shrink_invoices),
            weights=tuple(map(float, vars(self.weights).values())),
            payment_timeliness=rules.payment_timeliness.curve.line,
            overdue_count=rules.overdue_count.curve.line,
            amount_and_frequency=rules.amount_and_frequency.curve.line,
            industry_score=rules.industry_score.curve.line,
            per_event=rules.litigation.per_event.line,
            recency=rules.litigation.recency.line,
            per_open=rules.litigation.per_open.line,
        )

    def point_scale(self, horizon_days: int) -> PointScale:
        """Return the scale of a horizon.

        Raises
        ------
        ModelError
            If the policy has no anchors for the horizon.
        """
        scale = self._scales.get(horizon_days)
        if scale is None:
            scale = self._scales[horizon_days] = PointScale.of_anchors(
                horizon_days,
                self.scale.anchors,
                safe_points=self.scale.safe_points,
                risky_points=self.scale.risky_points,
            )
        return scale

    @cached_property
    def _scales(self) -> dict[int, PointScale]:
        return {}
