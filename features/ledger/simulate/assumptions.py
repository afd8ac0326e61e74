"""Every number that the made-up seller assumes, by idea; the README tells them in words."""

from __future__ import annotations

from dataclasses import dataclass

LAST_DAY = "2025-12-31"  # of every ledger: nothing here reads the clock
LONGEST_MONTHS = 240
MOST_CUSTOMERS = 9_999_999  # seven digits of the customer's number
CHUNK_CUSTOMERS = 2_500  # drawn and written together: bounds the memory
CURRENCY = "CNY"

# Name, level of its external score, strength of its season, month of its peak.
INDUSTRIES: tuple[tuple[str, float, float, int], ...] = (
    ("机械制造", 70.0, 0.10, 11),
    ("电子元件", 74.0, 0.15, 9),
    ("建筑材料", 63.0, 0.25, 10),
    ("纺织服装", 66.0, 0.20, 8),
    ("化工", 69.0, 0.08, 5),
    ("食品饮料", 75.0, 0.20, 12),
    ("批发零售", 71.0, 0.18, 11),
    ("物流运输", 68.0, 0.12, 11),
)
INDUSTRY_SHARES = (0.18, 0.13, 0.14, 0.11, 0.10, 0.10, 0.16, 0.08)
REGIONS = (
    "广东", "江苏", "浙江", "山东", "上海", "北京", "福建", "四川",
    "湖北", "河南", "安徽", "湖南", "河北", "辽宁", "陕西", "重庆",
)  # fmt: skip


@dataclass(frozen=True)
class PopulationAssumptions:
    """Who the customers are; shares are of all customers, money is in CNY."""

    arrive_in_first_year: float = 0.12
    arrive_later: float = 0.07
    leave_yearly: float = 0.025
    tenure_years_mean: float = 4.0
    company_years_before: float = 8.0
    invoices_monthly_median: float = 2.75
    invoices_monthly_spread: float = 0.75  # of the logarithm
    invoices_monthly_range: tuple[float, float] = (0.25, 25.0)
    growth_yearly_spread: float = 0.12
    amount_median: float = 9_000.0
    amount_spread: float = 1.0  # of the logarithm, between customers
    terms_days: tuple[int, ...] = (30, 45, 60, 90)
    terms_shares: tuple[float, ...] = (0.45, 0.20, 0.25, 0.10)
    in_group: float = 0.06
    group_sizes: tuple[int, int] = (2, 5)
    always_late: float = 0.12  # a habit, without more risk
    on_account: float = 0.05
    prepays: float = 0.01
    never_looked: float = 0.15
    own_score: float = 0.85
    reviewed: float = 0.50
    files_statements: float = 0.45
    without_limit: float = 0.04
    limit_months: float = 1.4  # of sales, on top of the terms
    limit_spread: float = 0.35
    limit_change_yearly: float = 0.20
    limit_change_range: tuple[float, float] = (0.6, 1.7)
    desks: int = 12


@dataclass(frozen=True)
class QualityAssumptions:
    """How good a customer is from month to month; 0 is ordinary, higher is better."""

    permanent_spread: float = 0.85
    group_share: float = 0.5  # of the permanent part, common to a group
    drift_spread: float = 0.55
    drift_memory: float = 0.92  # AR(1), by month
    shock_monthly: float = 0.012
    shock_mean: float = 1.0
    shock_memory: float = 0.88
    cycle_spread: float = 0.30
    cycle_memory: float = 0.93
    downturn_depth: float = 1.0
    downturn_months: tuple[int, int] = (8, 14)
    extreme: float = 3.5


@dataclass(frozen=True)
class FailureAssumptions:
    """How customers fail: a crisis that ends badly, or without any warning."""

    yearly: float = 0.067  # payments stop for ever, of customer-years; a few owe nothing then
    sudden_share: float = 0.15
    sudden_poor_weight: float = 0.8  # of a below-average customer, an above-average one has 1
    sudden_after: float = 0.7  # depth of what others hear of, once it has failed
    slope: float = 1.6  # log-hazard per unit of quality
    highest_monthly: float = 0.12
    spared_months: int = 2  # after arrival
    early_months: int = 6  # of the ledger, with more failures: those that stopped to pay before
    early_times: float = 1.35  # it begins are missing from its first year
    crisis_failing: float = 0.28  # share of crises that end in failure
    crisis_months: tuple[int, int] = (2, 7)
    failing_peak: tuple[float, float] = (2.0, 1.6)  # Beta
    recovering_peak: tuple[float, float] = (1.8, 1.8)
    recovery_memory: float = 0.55
    pause_share: float = 0.60  # of crises that recover: payments stop and resume
    pause_days: tuple[int, int] = (25, 78)
    workout_share: float = 0.045  # of pauses: beyond 90 days past due, then settled
    workout_days: tuple[int, int] = (100, 150)
    bust_out: float = 0.20  # of failing ones: they buy more, not less
    shipped_after_days: int = 20
    bad_debt_days: tuple[int, int] = (90, 150)
    sudden_bad_debt_days: tuple[int, int] = (45, 120)
    by_invoice: float = 0.30
    told_late: float = 0.25
    told_late_days: tuple[int, int] = (1, 30)
    drips: float = 0.35
    drip_invoice: float = 0.20
    drip_part: tuple[float, float] = (0.05, 0.20)
    drip_days: tuple[int, int] = (20, 85)
    recovering: float = 0.35
    recovered_part: tuple[float, float] = (1.2, 6.0)  # Beta
    recovery_days: tuple[int, int] = (30, 180)  # after the debt was given up, and between two
    most_recoveries: int = 3


@dataclass(frozen=True)
class TradingAssumptions:
    """How customers order, and what is invoiced."""

    per_quality: float = 0.10  # log-volume per unit of quality
    crisis_loss: float = 0.55  # of the volume at the height of a crisis
    bust_out_gain: float = 0.50
    month_shape: float = 4.0  # Gamma shape of a month's own noise
    new_year_dip: tuple[float, float] = (0.90, 0.70)  # January, February
    invoice_spread: float = 0.55
    project: float = 0.015
    project_times: tuple[float, float] = (3.0, 12.0)
    amount_range: tuple[float, float] = (60.0, 20_000_000.0)
    lead_days_mean: float = 5.0
    longest_lead_days: int = 20
    without_order: float = 0.08
    cancelled: float = 0.02
    cancelled_crisis: float = 0.06
    cancelled_days: tuple[int, int] = (1, 25)
    returned: float = 0.012
    returned_crisis: float = 0.02
    returned_days: tuple[int, int] = (4, 25)
    returned_part: tuple[float, float] = (0.15, 1.0)
    status_corrected: float = 0.5  # of cancelled and returned orders: told by a correction row
    price_credit: float = 0.008
    price_credit_part: tuple[float, float] = (0.02, 0.15)
    disputed: float = 0.005
    disputed_crisis: float = 0.06
    dispute_days: tuple[int, int] = (3, 45)
    dispute_delay_days: tuple[int, int] = (10, 45)
    dispute_credited: float = 0.35
    dispute_credit_part: tuple[float, float] = (0.05, 0.40)
    told_late: float = 0.03
    told_late_days: tuple[int, int] = (1, 5)
    wrong_amount: float = 0.006
    wrong_factors: tuple[float, ...] = (0.80, 0.90, 1.10, 1.25)
    wrong_days: tuple[int, int] = (3, 30)
    due_moved: float = 0.005
    due_moved_days: tuple[int, int] = (10, 30)
    dispute_corrected: float = 0.5


@dataclass(frozen=True)
class PaymentAssumptions:
    """When and how invoices are paid; probabilities are logistic in what drives them."""

    late_at_ordinary: float = -4.4  # log-odds of a late invoice at quality 0
    late_per_quality: float = -1.1
    late_crisis: float = 3.7
    late_habit: float = 3.6
    late_taste: float = 0.45  # spread between customers, without more risk
    days_base: float = 5.0
    days_per_badness: float = 2.5
    days_crisis: float = 24.0
    days_shape: float = 1.3
    honest_days: int = 84  # who will pay has paid by then, workouts apart
    early_days_mean: float = 3.0
    longest_early_days: int = 20
    prepaid_days: tuple[int, int] = (1, 10)
    partial: float = 0.008
    per_quality: float = -0.6  # log-rate of partial and bounced payments
    partial_crisis: float = 0.22
    partial_part: tuple[float, float] = (0.3, 0.7)
    partial_days: tuple[int, int] = (8, 35)
    bounced: float = 0.002
    bounced_crisis: float = 0.05
    bounced_days: tuple[int, int] = (2, 6)
    repaid_days: tuple[int, int] = (8, 25)
    short: float = 0.01  # a few cents are missing
    told_late: float = 0.10
    told_late_days: tuple[int, int] = (1, 10)
    told_very_late: float = 0.012
    told_very_late_days: tuple[int, int] = (30, 90)
    corrected: float = 0.002
    corrected_days: tuple[int, int] = (2, 25)


@dataclass(frozen=True)
class CourtAssumptions:
    """Suits and what follows them; rates are per month at quality 0."""

    suits: float = 0.0030
    suits_per_quality: float = -0.9
    suits_crisis: float = 2.3
    nuisance: float = 0.0006  # per monthly invoice: large firms are sued, good or bad
    judged: float = 0.45
    judged_days: tuple[int, int] = (60, 180)
    enforced: float = 0.30
    enforced_days: tuple[int, int] = (30, 120)
    listed: float = 0.15
    listed_days: tuple[int, int] = (20, 120)
    after_failure_suits: float = 1.5
    after_failure_days: tuple[int, int] = (-40, 200)
    failed_enforced: float = 0.55
    failed_enforced_days: tuple[int, int] = (60, 300)
    failed_listed: float = 0.30
    failed_listed_days: tuple[int, int] = (100, 360)
    failed_bankrupt: float = 0.18
    failed_bankrupt_days: tuple[int, int] = (45, 200)
    closed_days: tuple[int, int] = (60, 420)
    failed_never_closed: float = 0.7
    amount_months: float = 0.8  # of the customer's sales, median
    amount_spread: float = 1.0
    without_amount: float = 0.15
    told_days: tuple[int, int] = (7, 45)
    sources: tuple[str, ...] = ("court-register", "enterprise-register")
    second_source: float = 0.7
    search_months: tuple[int, ...] = (3, 6, 12)
    most_nuisance: float = 10.0  # monthly invoices beyond which a firm is not sued more


@dataclass(frozen=True)
class OutsideAssumptions:
    """What others say: scores from 0 to 100, and signals per month at quality 0."""

    score_mean: float = 62.0
    score_per_quality: float = 10.0
    score_crisis: float = -11.0
    score_noise: float = 5.0
    score_delay_months: int = 2
    score_source: str = "credit-bureau"
    score_told_late: float = 0.20
    score_told_late_days: tuple[int, int] = (1, 12)
    score_corrected: float = 0.005
    score_corrected_days: tuple[int, int] = (5, 30)
    score_correction: float = 8.0
    industry_per_cycle: float = 13.0
    industry_noise: float = 1.2
    industry_source: str = "industry-index"
    # kind: rate per month, log-rate per quality, log-rate at the height of a crisis
    rates: tuple[tuple[str, float, float, float], ...] = (
        ("negative_news", 0.0060, -0.5, 2.3),
        ("complaint", 0.0200, -0.2, 0.8),
        ("return", 0.0150, -0.1, 0.3),
        ("contract_breach", 0.0040, -0.6, 1.5),
        ("contact_change", 0.0120, 0.0, 0.8),
        ("address_change", 0.0060, 0.0, 0.5),
    )
    review_mean: float = 72.0
    review_per_quality: float = 6.0
    review_crisis: float = -9.0
    review_noise: float = 8.0
    statement_mean: float = 1.35  # current ratio
    statement_per_quality: float = 0.22
    statement_noise: float = 0.25
    statement_range: tuple[float, float] = (0.1, 5.0)
    statement_told_days: tuple[int, int] = (10, 60)
    told_late: float = 0.4
    told_late_days: tuple[int, int] = (1, 20)


@dataclass(frozen=True)
class AgreementAssumptions:
    """Guarantees, contracts and rates of exchange."""

    guaranteed: float = 0.06
    guaranteed_poor: float = 0.08  # on top, for the lower half
    guarantee_months: tuple[float, float] = (0.5, 2.5)
    guarantee_days: tuple[int, int] = (365, 730)
    guarantee_open_ended: float = 0.15
    guarantee_told_late: float = 0.5
    guarantee_told_days: tuple[int, int] = (1, 10)
    guarantee_kinds: tuple[str, ...] = (
        "bank guarantee",
        "parent guarantee",
        "deposit",
        "mortgage",
    )
    contracted: float = 0.75
    renewed: float = 0.88
    templates: tuple[str, ...] = ("standard-open-account", "secured-instalments", "cash-in-advance")
    template_shares: tuple[float, ...] = (0.82, 0.13, 0.05)
    currencies: tuple[tuple[str, float], ...] = (("EUR", 7.6), ("HKD", 0.91), ("USD", 7.1))
    rate_spread: float = 0.012


@dataclass(frozen=True)
class Assumptions:
    """Everything assumed about the made-up seller."""

    population: PopulationAssumptions = PopulationAssumptions()
    quality: QualityAssumptions = QualityAssumptions()
    failure: FailureAssumptions = FailureAssumptions()
    trading: TradingAssumptions = TradingAssumptions()
    payment: PaymentAssumptions = PaymentAssumptions()
    court: CourtAssumptions = CourtAssumptions()
    outside: OutsideAssumptions = OutsideAssumptions()
    agreement: AgreementAssumptions = AgreementAssumptions()


ASSUMED = Assumptions()
