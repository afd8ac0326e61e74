"""Who the customers are: size, terms, habits, arrival and departure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.ledger.simulate.arrays import Flags, Floats, Ints
from features.ledger.simulate.assumptions import (
    INDUSTRY_SHARES,
    REGIONS,
    PopulationAssumptions,
)
from features.ledger.simulate.chance import Chance
from features.ledger.simulate.span import Span

_DAYS_OF_YEAR = 365.25
_MONTHS_OF_YEAR = 12
_EARLIEST = int(np.datetime64("1990-01-01").astype(np.int64))
_OLDEST_COMPANY = int(np.datetime64("1950-01-01").astype(np.int64))


@dataclass(frozen=True)
class Population:
    """Hold the lasting traits of a chunk's customers, one element each.

    Attributes
    ----------
    number : ndarray of int64
        The customer's number in the whole ledger, from 1.
    industry, region, desk : ndarray of int64
        Places in the lists of industries, regions and sales desks.
    group : ndarray of int64
        Number of its group within the chunk, 0 outside any.
    since, registered : ndarray of int64
        Day it became a customer; day the company was registered.
    arrival, departure : ndarray of int64
        Month of its first order; month from which it honestly orders no more.
    monthly_invoices, growth, typical_amount : ndarray of float64
        Invoices an ordinary month, yearly log-growth of that, CNY of a typical invoice.
    terms : ndarray of int64
        Days from issue to due date.
    always_late, on_account, prepays : ndarray of bool
        Habits of payment, none of which means risk.
    looked_at, scored, reviewed, files_statements : ndarray of bool
        What the seller knows from outside.
    taste : ndarray of float64
        Its own leaning to lateness, without more risk.
    """

    number: Ints
    industry: Ints
    region: Ints
    desk: Ints
    group: Ints
    since: Ints
    registered: Ints
    arrival: Ints
    departure: Ints
    monthly_invoices: Floats
    growth: Floats
    typical_amount: Floats
    terms: Ints
    always_late: Flags
    on_account: Flags
    prepays: Flags
    looked_at: Flags
    scored: Flags
    reviewed: Flags
    files_statements: Flags
    taste: Floats

    def __len__(self) -> int:
        """Return the number of customers."""
        return len(self.number)

    @property
    def monthly_sales(self) -> Floats:
        """Return the CNY that an ordinary month brings."""
        return self.monthly_invoices * self.typical_amount


def population_of(
    number: Ints, span: Span, *, chance: Chance, assumed: PopulationAssumptions, taste: float
) -> Population:
    """Return the customers with these numbers."""
    rows = len(number)
    arrival = _arrival(rows, span, chance=chance, assumed=assumed)
    since = _since(arrival, span, chance=chance, assumed=assumed)
    age = chance.generator.gamma(1.5, assumed.company_years_before / 1.5, rows) * _DAYS_OF_YEAR
    low, high = assumed.invoices_monthly_range
    invoices = assumed.invoices_monthly_median * np.exp(
        chance.spread(assumed.invoices_monthly_spread, rows)
    )
    amount = assumed.amount_median * np.exp(chance.spread(assumed.amount_spread, rows))
    terms = np.array(assumed.terms_days)[chance.one_of(assumed.terms_shares, rows)]
    on_account = chance.happens(assumed.on_account, rows)
    return Population(
        number=number,
        industry=chance.one_of(INDUSTRY_SHARES, rows),
        region=chance.whole((0, len(REGIONS) - 1), rows),
        desk=chance.whole((0, assumed.desks - 1), rows),
        group=_groups(rows, chance=chance, assumed=assumed),
        since=since,
        registered=np.maximum(since - age.astype(np.int64), _OLDEST_COMPANY),
        arrival=arrival,
        departure=_departure(arrival, span, chance=chance, assumed=assumed),
        monthly_invoices=np.clip(invoices, low, high),
        growth=chance.spread(assumed.growth_yearly_spread, rows),
        typical_amount=amount,
        terms=terms.astype(np.int64),
        always_late=chance.happens(assumed.always_late, rows),
        on_account=on_account,
        prepays=chance.happens(assumed.prepays, rows) & ~on_account,
        looked_at=~chance.happens(assumed.never_looked, rows),
        scored=chance.happens(assumed.own_score, rows),
        reviewed=chance.happens(assumed.reviewed, rows),
        files_statements=chance.happens(assumed.files_statements, rows),
        taste=chance.spread(taste, rows),
    )


def _arrival(rows: int, span: Span, *, chance: Chance, assumed: PopulationAssumptions) -> Ints:
    """Return the month of the first order: most at once, few after the first year."""
    kind = (chance.generator.permutation(rows) + 0.5) / rows  # shares hold in small ledgers too
    # An order of the eleventh month is invoiced within the year whatever its lead time.
    early = chance.whole((0, min(span.months, _MONTHS_OF_YEAR - 1) - 1), rows)
    late = chance.whole((_MONTHS_OF_YEAR, max(span.months - 1, _MONTHS_OF_YEAR)), rows)
    is_late = (kind < assumed.arrive_later) & (span.months > _MONTHS_OF_YEAR)
    is_early = kind < assumed.arrive_later + assumed.arrive_in_first_year
    return np.where(is_late, late, np.where(is_early, early, 0))


def _since(arrival: Ints, span: Span, *, chance: Chance, assumed: PopulationAssumptions) -> Ints:
    """Return the day each became a customer: shortly before it arrives, or years before."""
    years = chance.generator.exponential(assumed.tenure_years_mean, len(arrival))
    shortly = chance.whole((3, 45), len(arrival))
    before = np.where(arrival == 0, (years * _DAYS_OF_YEAR).astype(np.int64) + 1, shortly)
    return np.maximum(span.starts[arrival] - before, _EARLIEST)


def _departure(
    arrival: Ints, span: Span, *, chance: Chance, assumed: PopulationAssumptions
) -> Ints:
    """Return the month from which each honestly orders no more."""
    years = chance.generator.exponential(1.0 / assumed.leave_yearly, len(arrival))
    stays = (years * _MONTHS_OF_YEAR).astype(np.int64) + _MONTHS_OF_YEAR // 2
    departure: Ints = np.minimum(arrival + stays, span.months)
    return departure


def _groups(rows: int, *, chance: Chance, assumed: PopulationAssumptions) -> Ints:
    """Return the group of each customer: a few of them hang together by twos to fives."""
    members = chance.generator.permutation(rows)[: int(rows * assumed.in_group)]
    sizes = chance.whole(assumed.group_sizes, len(members))
    ends = np.cumsum(sizes)
    group: Ints = np.zeros(rows, dtype=np.int64)
    whole = members[: int(ends[ends <= len(members)].max(initial=0))]
    group[whole] = np.searchsorted(ends, np.arange(len(whole)), side="right") + 1
    return group
