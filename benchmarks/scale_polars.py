"""The features of the large benchmark in polars: lazy, in integer days.

Written for speed, as somebody who knows polars well would: only invoices with several payments
get a running sum, and each month-end is one lazy query over the invoices that it can still see.
It reads each row as it stands and knows nothing of known days, corrections, credit notes, bounced
or unallocated payments.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import polars as pl

_EPOCH = date(1970, 1, 1)
_FAR = 2_000_000  # a day that never comes
_CUSTOMER, _ROW = "customer_id", "row"
_AMOUNT, _ISSUED, _DUE = pl.col("amount"), pl.col("issued"), pl.col("due")
_SETTLED, _OPEN, _LATE = pl.col("settled"), pl.col("open"), pl.col("late")
# the materiality floor: 1.00 or 0.5 % of the invoice, whichever is larger
_ENOUGH = _AMOUNT - pl.max_horizontal(pl.lit(100), _AMOUNT * 5 // 1000)


def polars_features(ledger: Path, days: Sequence[date]) -> pl.DataFrame:
    """Return the features of every customer invoiced by each day."""
    invoices = _invoices(ledger).collect(engine="streaming")
    payments = _payments(ledger, invoices.lazy()).collect(engine="streaming")
    items, parts = pl.collect_all(_settled(invoices.lazy(), payments.lazy()), engine="streaming")
    seen = [_as_of(items.lazy(), parts.lazy(), (day - _EPOCH).days) for day in days]
    return pl.concat(pl.collect_all(seen, engine="streaming"))


def _invoices(ledger: Path) -> pl.LazyFrame:
    return (
        pl.scan_parquet(ledger / "invoices.parquet")
        .filter(_AMOUNT > 0)
        .select(
            "invoice_id",
            pl.col(_CUSTOMER).cast(pl.Categorical),
            issued=pl.col("issued_on").cast(pl.Int32),
            due=pl.col("due_on").cast(pl.Int32),
            amount=(_AMOUNT * 100).cast(pl.Int64),
        )
        .with_row_index(_ROW)
    )


def _payments(ledger: Path, invoices: pl.LazyFrame) -> pl.LazyFrame:
    return (
        pl.scan_parquet(ledger / "payments.parquet")
        .select(
            "invoice_id",
            day=pl.col("paid_on").cast(pl.Int32),
            paid=(_AMOUNT * 100).cast(pl.Int64),
        )
        .join(invoices.select(_ROW, "invoice_id", "issued", "amount"), on="invoice_id")
        .select(_ROW, "paid", day=pl.max_horizontal("day", "issued"), enough=_ENOUGH)
    )


def _settled(invoices: pl.LazyFrame, payments: pl.LazyFrame) -> list[pl.LazyFrame]:
    """Return invoices with their settlement, and the payments before the last of an invoice."""
    day, paid = pl.col("day"), pl.col("paid")
    by_invoice = payments.group_by(_ROW).agg(
        n=pl.len(), last_day=day.max(), total=paid.sum(), enough=pl.col("enough").first()
    )
    several = payments.join(by_invoice.filter(pl.col("n") > 1), on=_ROW, how="semi")
    several = several.sort(_ROW, "day").with_columns(so_far=paid.cum_sum().over(_ROW))
    enough = pl.col("so_far") >= pl.col("enough")
    crossed = several.filter(enough).group_by(_ROW).agg(crossed=day.min())
    sums = by_invoice.join(crossed, on=_ROW, how="left").select(
        _ROW,
        "last_day",
        "total",
        settled=pl.when(pl.col("n") > 1)
        .then("crossed")
        .when(pl.col("total") >= pl.col("enough"))
        .then("last_day"),
    )
    items = (
        invoices.drop("invoice_id")
        .join(sums, on=_ROW, how="left")
        .with_columns(
            pl.col("settled", "last_day").fill_null(_FAR),
            rest=_AMOUNT - pl.col("total").fill_null(0),
        )
        .drop("total")
    )
    before = several.select(_ROW, "day", "paid").join(
        items.select(_ROW, _CUSTOMER, "due", "settled", "last_day"), on=_ROW
    )
    return [items, before.filter(day < pl.col("last_day"))]


def _as_of(items: pl.LazyFrame, parts: pl.LazyFrame, day: int) -> pl.LazyFrame:
    """Return the features as of one day."""
    past = items.filter(_ISSUED <= day)
    first = past.group_by(_CUSTOMER).agg(first=_ISSUED.min(), last=_ISSUED.max())
    relevant = (day - 365 < _DUE) | (day - 365 < _ISSUED) | (_SETTLED > day) | (pl.col("rest") != 0)
    seen = past.filter(relevant).with_columns(
        open=pl.when(pl.col("last_day") <= day).then("rest").otherwise(_AMOUNT),
        late=pl.min_horizontal(_SETTLED, pl.lit(day, pl.Int32)) - _DUE,
    )
    # a median beside the sums would cost them their speed
    paid = (_DUE > day - 365) & (_DUE <= day) & (_SETTLED <= day)
    payment = items.filter(paid).group_by(_CUSTOMER).agg(days=(_SETTLED - _ISSUED).median())
    folded = seen.group_by(_CUSTOMER).agg(**_folds(day))
    return (
        first.join(folded, on=_CUSTOMER, how="left")
        .join(payment, on=_CUSTOMER, how="left")
        .join(_early(parts, day), on=_CUSTOMER, how="left")
        .with_columns(
            open=_zero("open") - _zero("early"),
            overdue=_zero("overdue") - _zero("early_overdue"),
        )
        .select(
            pl.col(_CUSTOMER).cast(pl.String),
            pl.lit(day, pl.Int32).alias("as_of"),
            **_features(day),
        )
    )


def _early(parts: pl.LazyFrame, day: int) -> pl.LazyFrame:
    """Return what was paid of invoices that have a payment yet to come."""
    overdue = (_SETTLED > day) & (_DUE < day)
    return (
        parts.filter((pl.col("day") <= day) & (day < pl.col("last_day")))
        .group_by(_CUSTOMER)
        .agg(early=pl.col("paid").sum(), early_overdue=(pl.col("paid") * overdue).sum())
    )


def _folds(day: int) -> dict[str, pl.Expr]:
    due = {n: (_DUE > day - n) & (_DUE <= day) for n in (90, 365)}
    done = _SETTLED <= day
    overdue = ~done & (_DUE < day)
    found = {
        "on_time_amount": (_AMOUNT * (due[365] & done & (_LATE <= 0))).sum(),
        "worst": pl.when(due[365]).then(_LATE.clip(lower_bound=0)).max(),
        "open": _OPEN.sum(),
        "overdue": (_OPEN * overdue).sum(),
        "overdue_n": overdue.sum(),
        "oldest": pl.when(overdue).then(_DUE).min(),
    }
    for n in (90, 365):
        late, issued = due[n] & (_LATE > 0), day - n < _ISSUED
        found |= {
            f"n_{n}": due[n].sum(),
            f"on_time_{n}": (due[n] & done & (_LATE <= 0)).sum(),
            f"late_{n}": late.sum(),
            f"amount_{n}": (_AMOUNT * due[n]).sum(),
            f"beyond_{n}": (_AMOUNT * _LATE * late).sum(),
            f"sales_{n}": (_AMOUNT * issued).sum(),
            f"sales_n_{n}": issued.sum(),
        }
    return found


def _features(day: int) -> dict[str, pl.Expr]:
    of, amount, n = pl.col, pl.col("amount_365"), pl.col("n_365")
    return {
        "on_time_rate_90d": _over(of("on_time_90"), of("n_90")),
        "on_time_rate_365d": _over(of("on_time_365"), n),
        "on_time_amount_share_365d": _over(of("on_time_amount"), amount),
        "days_beyond_terms_90d": _over(of("beyond_90"), of("amount_90")),
        "days_beyond_terms_365d": _over(of("beyond_365"), amount),
        "worst_days_late_365d": of("worst"),
        "payment_days_median_365d": of("days"),
        "overdue_count_90d": _zero("late_90"),
        "overdue_count_365d": _zero("late_365"),
        "overdue_share_365d": _over(of("late_365"), n),
        "open_overdue_amount": of("overdue") / 100,
        "open_overdue_share": _over(of("overdue"), _OPEN).fill_null(0),
        "oldest_overdue_days": (day - of("oldest")).fill_null(0),
        "open_overdue_count": _zero("overdue_n"),
        "invoice_amount_90d": _zero("sales_90") / 100,
        "invoice_amount_365d": _zero("sales_365") / 100,
        "invoice_count_90d": _zero("sales_n_90"),
        "invoice_count_365d": _zero("sales_n_365"),
        "amount_trend": _over(of("sales_90") * 365, of("sales_365") * 90),
        "days_since_last_invoice": day - of("last"),
        "history_days": day - of("first"),
        "open_balance": _OPEN / 100,
        "dso_90d": _over(_OPEN * 90, of("sales_90")),
    }


def _zero(name: str) -> pl.Expr:
    return pl.col(name).fill_null(0)


def _over(above: pl.Expr, below: pl.Expr) -> pl.Expr:
    return above / pl.when(below > 0).then(below)
