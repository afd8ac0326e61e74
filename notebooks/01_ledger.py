# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#       jupytext_version: 1.19.6
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The ledger, and what was known of a customer on a day
#
# Everything that Tradegrade tells starts from the seller's own ledger. This notebook makes up a
# small one, looks at its tables, computes the features of every customer as of two days, follows
# one customer from a feature down to its invoices, and shows that a fact which becomes known
# later changes nothing about an earlier day.
#
# It runs in some seconds and leaves nothing behind: the ledger lies in a temporary folder.

# %%
import tempfile
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.catalogue import CATALOGUE, FEATURES
from features.evidence import evidence_rows
from features.ledger.open import open_ledger
from features.ledger.simulate import simulate
from features.ledger.tables import TABLES
from features.snapshot import all_pairs, snapshots

# %% [markdown]
# ## A made-up seller
#
# 300 customers over 24 months, the same bytes for the same seed. The ledger is one Parquet file
# per table; to look at your own, point `ledger_path` at its folder and go on below.

# %%
workspace = tempfile.TemporaryDirectory(prefix="tradegrade-notebook-")
ledger_path = Path(workspace.name) / "ledger"
simulate(300, 24, 7, ledger_path)


# %%
def table(name: str) -> pd.DataFrame:
    return pd.read_parquet(ledger_path / f"{name}.parquet")


def told_table(name: str) -> dict[str, object]:
    rows, own_date = table(name), TABLES[name].own_date
    return {
        "table": name,
        "rows": len(rows),
        "dated by": own_date,
        "from": rows[own_date].min(),
        "to": rows[own_date].max(),
    }


pd.DataFrame(told_table(path.stem) for path in sorted(ledger_path.glob("*.parquet")))

# %% [markdown]
# Only customers, invoices and payments are needed. Where another table is absent its features are
# *unknown*, not zero.

# %%
table("invoices").head()

# %%
table("payments").head()

# %% [markdown]
# ## Two times
#
# A row says when something happened (`issued_on`, `paid_on`) and when we came to know it
# (`known_on`; where it is empty, the day that it happened). Payments are often booked some days
# later, and a row may be corrected: the same id again with a later `known_on`.

# %%
payments = table("payments")
days_until_known = (
    pd.to_datetime(payments["known_on"]) - pd.to_datetime(payments["paid_on"])
).dt.days
days_until_known[days_until_known > 0].describe().round(1).to_frame("days until known")

# %%
invoices = table("invoices")
corrected = invoices[invoices["invoice_id"].duplicated(keep=False)]
corrected.sort_values(["invoice_id", "known_on"]).head(4)

# %% [markdown]
# ## Snapshots
#
# `open_ledger` checks every rule of the ledger and refuses it whole, with table, column and rows,
# if one is broken. What is open can be asked for any day: a snapshot is one row of features per
# customer and day, and uses only what was known by then.

# %%
EARLIER, LATER = date(2025, 6, 30), date(2025, 12, 31)

with open_ledger(ledger_path) as ledger:
    found = snapshots(ledger, all_pairs(ledger, [EARLIER, LATER]))
features = found.to_arrow().to_pandas()
features.iloc[:5, :8]

# %% [markdown]
# `NaN` means unknown and nothing else: a customer with no invoice due has no on-time rate, rather
# than a rate of 0. These are the features unknown for most customers.

# %%
unknown = features[list(found.names)].isna().groupby(features["as_of"]).mean().T
unknown.sort_values(unknown.columns[-1], ascending=False).head(8).round(2)

# %% [markdown]
# What each feature is stands in the catalogue once, with its direction (+1 raises the risk); the
# whole of it is in `docs/features.md`.

# %%
pd.DataFrame(
    {"family": f.family, "feature": f.name, "meaning": f.meaning_en, "direction": f.direction}
    for f in CATALOGUE[:6]
)

# %% [markdown]
# ## One customer
#
# Take the customer whose count of late invoices rose most between the two days, and see what
# moved.

# %%
late = features.pivot(index="customer_id", columns="as_of", values="overdue_count_365d")
customer = (late[LATER] - late[EARLIER]).idxmax()
of_customer = features[features["customer_id"] == customer].set_index("as_of")
both = of_customer[list(found.names)].T
both.insert(0, "label", [FEATURES[name].label_en for name in both.index])
both[(both[EARLIER] != both[LATER]) & both[[EARLIER, LATER]].notna().any(axis=1)].round(2)

# %% [markdown]
# ## Evidence
#
# A feature can show the ledger rows that it rests on. For an additive feature, such as a count,
# these rows are the whole of it.

# %%
with open_ledger(ledger_path) as ledger:
    rows = evidence_rows(ledger, "overdue_count_365d", [(customer, LATER)], at_most=100)
evidence = rows[customer, LATER]
assert evidence.total == both.loc["overdue_count_365d", LATER]
pd.DataFrame({"invoice": row.row_id, **row.fields} for row in evidence.rows).head(8)

# %% [markdown]
# ## What becomes known later changes nothing
#
# On 1 July we learn two things of this customer: it was sued on 2 June, and the last payment of
# 20 June or before bounced on 25 June. Both happened before the earlier day, and became known
# after it.

# %%
KNOWN_ON = date(2025, 7, 1)
booked = payments.query("customer_id == @customer and amount > 0").dropna(subset="invoice_id")
bounced = booked[booked["paid_on"] <= date(2025, 6, 20)].sort_values("paid_on").iloc[-1]
learnt = {
    "legal_events": {
        "event_id": "LATE-1",
        "customer_id": customer,
        "filed_on": date(2025, 6, 2),
        "kind": "lawsuit",
        "known_on": KNOWN_ON,
    },
    "payments": {
        "payment_id": "LATE-2",
        "customer_id": customer,
        "invoice_id": bounced["invoice_id"],
        "paid_on": date(2025, 6, 25),
        "amount": -bounced["amount"],
        "known_on": KNOWN_ON,
    },
}
told_late = Path(workspace.name) / "told_late"
told_late.mkdir()
for path in ledger_path.glob("*.parquet"):
    content = pq.read_table(path)
    if path.stem in learnt:
        late_row = pa.Table.from_pylist([learnt[path.stem]], schema=content.schema)
        content = pa.concat_tables([content, late_row])
    pq.write_table(content, told_late / path.name)

# %%
with open_ledger(told_late) as ledger:
    again = snapshots(ledger, all_pairs(ledger, [EARLIER, LATER]))

earlier = found.as_of == np.datetime64(EARLIER)
assert again.customer_ids == found.customer_ids
assert np.array_equal(again.values[earlier], found.values[earlier], equal_nan=True)

# %% [markdown]
# Not one feature of any customer moved as of the earlier day, although both facts happened before
# it. As of the later day they count:

# %%
place = [i for i, c in enumerate(found.customer_ids) if c == customer and not earlier[i]][0]
moved = pd.DataFrame(
    {"without": found.values[place], "with what was learnt": again.values[place]},
    index=pd.Index(found.names, name=f"{customer} as of {LATER}"),
)
moved = moved[moved["without"].ne(moved["with what was learnt"]) & moved.notna().any(axis=1)]
assert len(moved)
moved.round(2)

# %%
workspace.cleanup()
