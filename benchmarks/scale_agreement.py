"""How far the ways of the large benchmark agree, value by value."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from benchmarks.scale_steps import NAMES
from benchmarks.snapshots import plain_customers

_CENT = 0.005  # two sums of one amount, one in integers and one in floats
_RELATIVE = 1e-9


def agreement(ledger: Path, ours: Path, theirs: Mapping[str, Path]) -> list[str]:
    """Return in sentences how far each way agrees with ours.

    Parameters
    ----------
    ledger : Path
        Folder of the plain ledger.
    ours : Path
        Parquet file of customer_id, as_of (a day number) and the features.
    theirs : dict of str to Path
        The same of each way, by what it is called.
    """
    plain = plain_customers(ledger)
    sentences = []
    for way, file in theirs.items():
        everyone, rows = equal_shares(ours, file)
        sentence = f"{way}: {rows:,} rows, {everyone.mean():.1%} of the values equal to ours"
        if plain:
            shares, among = equal_shares(ours, file, plain)
            sentence += (
                f"; {shares.mean():.2%} in the {among:,} rows of the {len(plain):,} customers "
                "that have none of what the peers do not know"
            )
        sentences.append(sentence + ".")
    return sentences


def equal_shares(
    ours: Path, theirs: Path, customers: set[str] | None = None
) -> tuple[npt.NDArray[np.float64], int]:
    """Return the share of equal values by feature, and in how many rows that both have.

    Parameters
    ----------
    ours, theirs : Path
        Parquet files of customer_id, as_of and the features.
    customers : set of str, optional
        Only these; everybody without it.
    """
    equal = ", ".join(
        f"avg(CASE WHEN o.{n} IS NOT DISTINCT FROM t.{n} OR abs(o.{n} - t.{n}) "
        f"<= {_CENT} + {_RELATIVE} * abs(t.{n}) THEN 1.0 ELSE 0.0 END)"
        for n in NAMES
    )
    query = f"SELECT count(*), {equal} FROM $ours AS o JOIN $theirs AS t USING (customer_id, as_of)"
    query = query.replace("$ours", "read_parquet(?)").replace("$theirs", "read_parquet(?)")
    with duckdb.connect() as connection:
        if customers is not None:
            connection.register("chosen", pa.table({"customer_id": sorted(customers)}))
            query += " SEMI JOIN chosen USING (customer_id)"
        count, *shares = connection.execute(query, [str(ours), str(theirs)]).fetchall()[0]
    return np.array(shares, dtype=np.float64), int(count)
