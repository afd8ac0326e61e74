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
# # Retraining, and what one changed setting does
#
# New bad debts have come in and a model is to be trained on them. This notebook looks at what
# there is to learn from, trains a baseline, trains again with one setting changed, reads both runs
# back from MLflow, and asks three things: is the difference larger than chance, are the
# probabilities right, and whose grade would move.
#
# It runs in less than a minute and, as it stands, leaves nothing behind.

# %%
import logging
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from features.catalogue import FEATURES
from features.ledger.open import open_ledger
from features.ledger.simulate import simulate
from models.bands import GRADES
from models.book import Book, Grader, book_of_day
from models.book_changes import changes_between
from models.bundle import load_bundle
from models.policy.load import load_policy
from models.scale import probability
from training.config import load_config
from training.dataset import PART_NAMES, ledger_dataset
from training.outcomes import default_events
from training.train import TrainResult, train
from training.validation import NAMES, frequency_bins, metrics
from training.windows import TEST, covered_month_ends, month_ends

# else they tell each step of making MLflow's database, and the first search for fonts
for name in ("alembic", "matplotlib"):
    logging.getLogger(name).setLevel(logging.ERROR)

# %% [markdown]
# ## Your ledger, or a made-up one
#
# `LEDGER` is the folder of a ledger, `TRADEGRADE_HOME` the workspace that receives bundles,
# reports and MLflow's database. With `None` both lie in a temporary folder that the last cell
# removes, so the champion of your own workspace is never touched; the environment is not asked, on
# purpose. Set both for your own, or the made-up seller trains your champion.

# %%
LEDGER: Path | None = None
TRADEGRADE_HOME: Path | None = None

temporary = tempfile.TemporaryDirectory(prefix="tradegrade-notebook-")
home = Path(TRADEGRADE_HOME or Path(temporary.name) / "workspace").expanduser().resolve()
ledger_path = Path(LEDGER or Path(temporary.name) / "ledger").expanduser()
if LEDGER is None:
    simulate(600, 36, 7, ledger_path)

# %% [markdown]
# The settings are those of `training/default.toml`, with three folds of customers beside the test
# set. MLflow is told where to write, so that no `MLFLOW_TRACKING_URI` leads elsewhere; to use your
# server, give its address here.

# %%
packaged = load_config()
tracking = replace(packaged.tracking, uri=f"sqlite:///{home / 'mlflow.db'}")
config = replace(packaged, tracking=tracking).with_options(folds=3)
policy = load_policy()

# %% [markdown]
# ## What there is to learn from
#
# A default is a recognised bad debt, a bankruptcy, or an invoice 90 days past due; the settings
# say which of them count (`default.on`). New bad-debt history arrives as rows of the ledger's
# table `bad_debts`, and nothing else has to be told. A customer can default by several criteria.

# %%
with open_ledger(ledger_path, ledger_currency=policy.ledger.currency) as ledger:
    first_day, last_day = ledger.first_day, ledger.last_day
    events = {name: default_events(ledger, [name]) for name in config.default.on}
    dataset = ledger_dataset(ledger, config, progress=lambda _: None)

happened = pd.DataFrame(
    {"criterion": name, "year": event.day.year, "customer": event.customer_id}
    for name, found in events.items()
    for event in found
)
happened.groupby(["criterion", "year"])["customer"].nunique().unstack(fill_value=0).rename_axis(
    columns="customers that defaulted in"
)

# %% [markdown]
# Each row to learn from is a customer on a month-end: features by what was known on that day, and
# whether it defaulted within the horizon after it. The longest horizon that leaves three windows
# with enough defaults is taken, and the training says which and why.

# %%
print(dataset.split_reason)

# %% [markdown]
# ## No window sees the next
#
# A model is fitted on the earliest month-ends, calibrated on later ones and tested on the latest.
# The horizon of a window's last month-end has ended, and its outcomes have been reported, before
# the next window begins; the month-ends between are used for nothing. Otherwise the test set would
# judge a model that had seen the same defaults. (A ledger too short for this is split by customer,
# as the sentence above then says: no customer is in two windows.)

# %%
horizon, lag = dataset.horizon_days, config.windows.reporting_lag_days
windows = pd.DataFrame(
    {
        "window": name,
        "month-ends": len(days),
        "first": days[0],
        "last": days[-1],
        "horizon ends": days[-1] + timedelta(days=horizon),
        "outcomes known": days[-1] + timedelta(days=horizon + lag),
    }
    for part, name in PART_NAMES.items()
    for days in [np.unique(dataset.part(part).snapshots.as_of).tolist()]
).set_index("window")
if dataset.split == "time":
    windows["next begins"] = [*windows["first"].iloc[1:], "–"]
    ended = windows["outcomes known"].iloc[:-1]
    assert (ended < windows["next begins"].iloc[:-1]).all()
else:
    parts = pd.Series(dataset.parts).groupby(np.array(dataset.rows.snapshots.customer_ids))
    assert (parts.nunique() == 1).all()
assert windows["horizon ends"].max() <= last_day
windows

# %%
covered = covered_month_ends(first_day, last_day, horizon_days=horizon, windows=config.windows)
unused = sorted(set(covered) - set(dataset.days))
print(f"The ledger runs from {first_day} to {last_day}.")
print(f"{len(dataset.days)} month-ends are used, {len(unused)} lie between the windows.")

# %% [markdown]
# The base rate moves from month to month. Where that of the test window is far from that of the
# calibration window, no model that is honest about time can have known: expect the probabilities
# to be off by about that much, whatever the settings.

# %%
rows = pd.DataFrame(
    {
        "window": pd.Categorical(
            [PART_NAMES[part] for part in dataset.parts.tolist()], list(PART_NAMES.values())
        ),
        "as of": dataset.rows.snapshots.as_of.tolist(),
        "customer": dataset.rows.snapshots.customer_ids,
        "defaulted": dataset.rows.defaulted,
    }
)


def base_rates(by: list[str]) -> pd.DataFrame:
    defaulted = rows.groupby(by, observed=True)["defaulted"]
    return pd.DataFrame(
        {
            "rows": defaulted.size(),
            "defaults": defaulted.sum(),
            "base rate, %": (100 * defaulted.mean()).round(1),
        }
    )


base_rates(["window", "as of"])

# %% [markdown]
# Rows of neighbouring months repeat the same defaults: how many customers default is the measure
# of the evidence, and not how many rows.

# %%
of_windows = base_rates(["window"])
of_windows.insert(
    2,
    "customers that default",
    rows[rows["defaulted"]].groupby("window", observed=True)["customer"].nunique(),
)
of_windows

# %% [markdown]
# ## The baseline
#
# The first model of a workspace becomes its champion, the one that grades. In a workspace that has
# a champion, both models of this notebook are challengers and no grade changes.

# %%
baseline = train(ledger_path, config, home=home, policy=policy)
assert baseline.dataset.days == dataset.days
print(f"{baseline.model_version} champion: {baseline.champion}")

# %% [markdown]
# ## One setting changed
#
# `model.l2` is the penalty on the values of the leaves: how many defaults a leaf must hold before
# the trees believe it. The packaged 100 suits a small book, where a few customers make most of the
# defaults. New history is the reason to ask again, since with more defaults a smaller penalty lets
# the model say more. And it leaves rows, outcomes and windows as they are, so both models are
# tested on the same customers. Another horizon would not: it changes what a default is, the
# windows and the base rate, and the figures of the two runs could not be compared.

# %%
CHANGED = "model.l2"
candidate_config = replace(config, model=replace(config.model, l2=10.0))
candidate = train(ledger_path, candidate_config, home=home, policy=policy)
print(f"{candidate.model_version} champion: {candidate.champion}")

# %% [markdown]
# ## Read back from MLflow
#
# Both runs are versions of one registered model, with settings, figures, report and bundle.
# `alias` says which of them grades.

# %%
from mlflow import MlflowClient  # the training has told it to be quiet and to tell nobody

client = MlflowClient(tracking_uri=tracking.uri, registry_uri=tracking.uri)
fingerprint = client.get_run(baseline.run_id).data.tags["ledger_fingerprint"]
experiment = client.get_experiment_by_name(tracking.experiment)
runs = client.search_runs(
    [experiment.experiment_id],
    filter_string=f"tags.ledger_fingerprint = '{fingerprint}'",
    order_by=["attributes.start_time ASC"],
)
registered = client.get_registered_model(tracking.model_name)
version_of = {
    version.run_id: version.version
    for version in client.search_model_versions(f"name = '{tracking.model_name}'")
}
alias_of = {str(version): alias for alias, version in registered.aliases.items()}
pd.DataFrame(
    {
        "registered model": registered.name,
        "version": version_of[run.info.run_id],
        "alias": alias_of.get(str(version_of[run.info.run_id]), ""),
        "bundle": run.data.tags["model_version"],
        "split": run.data.tags["split"],
        "rows": int(run.data.metrics["n"]),
        "test rows": int(run.data.metrics["n_test"]),
    }
    for run in runs
).set_index("version")

# %% [markdown]
# That only one setting differs is worth a check: a comparison of two things changed at once
# explains neither.

# %%
tracked = {run.info.run_id: run.data for run in runs}
one, other = tracked[baseline.run_id], tracked[candidate.run_id]
differing = [key for key in one.params if one.params[key] != other.params[key]]
assert differing == [CHANGED]
pd.DataFrame(
    {"baseline": one.params, "candidate": other.params}, index=pd.Index(differing, name="setting")
)

# %% [markdown]
# ## Better, or luck?
#
# The six figures of the test set side by side. AUC, Gini and KS tell how well risk is ranked,
# higher is better; Brier, ECE and log loss how far the probabilities are off, lower is better. The
# training gives an interval for the AUC that draws customers, not rows.

# %%
for result, data in ((baseline, one), (candidate, other)):
    assert {name: data.metrics[name] for name in NAMES} == result.judged.metrics.to_dict()
figures = pd.DataFrame(
    {"baseline": one.metrics, "candidate": other.metrics}, index=[*NAMES, "auc_low", "auc_high"]
)
figures.round(4)

# %% [markdown]
# Two such intervals that overlap do not say that the models are equal: both are wide because the
# same customers are hard for either. So draw the customers of the test set again and again, judge
# *both* models on each draw, and look at the spread of the difference.


# %%
def differences(pair: tuple[TrainResult, TrainResult], draws: int) -> Iterator[dict[str, float]]:
    test = pair[0].dataset.part(TEST)
    assert all(result.dataset.part(TEST).snapshots.names == test.snapshots.names for result in pair)
    _, customer = np.unique(test.snapshots.customer_ids, return_inverse=True)
    places = [np.flatnonzero(customer == number) for number in range(customer.max() + 1)]
    generator = np.random.default_rng(config.seed)
    for _ in range(draws):
        picked = generator.integers(0, len(places), len(places))
        drawn = np.concatenate([places[number] for number in picked])
        defaulted = test.defaulted[drawn]
        if defaulted.any() and not defaulted.all():
            before, after = (
                metrics(
                    result.judged.log_odds[drawn], defaulted, bins=config.validation.bins
                ).to_dict()
                for result in pair
            )
            yield {name: after[name] - before[name] for name in NAMES}


tail = (1 - config.validation.confidence) / 2
spread = pd.DataFrame(differences((baseline, candidate), config.validation.resamples))
judged = pd.DataFrame(
    {
        "difference": figures["candidate"] - figures["baseline"],
        "low": spread.quantile(tail),
        "high": spread.quantile(1 - tail),
    }
).loc[list(NAMES)]
judged["leaves out 0"] = (judged["low"] > 0) | (judged["high"] < 0)
judged.round(4)

# %% [markdown]
# `low` to `high` holds the middle 95 % of the draws. Where it contains 0 the difference may be
# luck in whom the test set holds, and is no reason to choose. Read it with care the other way too:
# six figures of the same rows are not six proofs, and the interval knows only these months. What
# another seed or another year would do is not in it.
#
# The folds ask again with all customers: each third of them is judged by models that were fitted
# without it, the same thirds in both runs. Three are too few for an interval, and between equal
# models three differences have one sign one time in four; where the signs differ, it depends on
# whom one happens to ask.

# %%
folds = pd.DataFrame(
    {
        f"fold {number + 1}": {
            name: candidate.judged.folds[name]["each"][number]
            - baseline.judged.folds[name]["each"][number]
            for name in NAMES
        }
        for number in range(config.windows.folds)
    }
)
folds["one sign"] = (folds > 0).all(axis=1) | (folds < 0).all(axis=1)
folds.round(4)

# %%
settled = judged.index[judged["leaves out 0"]]
agreed = folds.index[folds["one sign"]]
print(f"On the test set the interval leaves out 0 for: {', '.join(settled) or 'none'}.")
print(f"The folds have one sign for: {', '.join(agreed) or 'none'}.")
both = ", ".join(settled.intersection(agreed))
print(f"Told apart by both: {both or 'none, so there is no reason to prefer either'}.")

# %% [markdown]
# ## Are the probabilities right?
#
# Rows in bins of about equal size by the probability told, against the share that defaulted. On the
# line is right; above it the model told too little. One defaulting customer in several months moves
# a bin, so look at the course and not at a point. The axes go by the square root, because most rows
# lie near 0.

# %%
courses = {}
for label, result in (("baseline", baseline), ("candidate", candidate)):
    told = probability(result.judged.log_odds)
    bins = pd.DataFrame({"told": told, "defaulted": result.judged.defaulted})
    courses[label] = bins.groupby(frequency_bins(told, config.validation.bins)).mean()
highest = min(1, 1.1 * max(course.max().max() for course in courses.values()))
ticks = np.array([0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1])
ticks = ticks[ticks <= highest]

figure, axes = plt.subplots(figsize=(5.2, 4.4), layout="tight")
axes.plot([0, highest], [0, highest], color="grey", linewidth=1)
for label, course in courses.items():
    axes.plot(course["told"], course["defaulted"], marker="o", label=label)
axes.set(xlabel="Probability told", ylabel="Default rate", xlim=(0, highest), ylim=(0, highest))
for axis, rescale in ((axes.xaxis, axes.set_xscale), (axes.yaxis, axes.set_yscale)):
    rescale("function", functions=(np.sqrt, np.square))
    axis.set_ticks(ticks, [f"{100 * tick:g} %" for tick in ticks])
axes.legend(frameon=False)
plt.show()

# %% [markdown]
# The same by grade, which is what people see: the mean probability told and the share that
# defaulted.

# %%
pd.concat(
    {
        label: pd.DataFrame(
            {
                "grade": line.grade,
                "rows": line.rows,
                "told, %": round(100 * line.default_probability, 1),
                "defaulted, %": round(100 * line.default_rate, 1),
            }
            for line in result.judged.grades
            if line.grade in GRADES
        ).set_index("grade")
        for label, result in (("baseline", baseline), ("candidate", candidate))
    },
    axis=1,
)

# %% [markdown]
# ## Whose grade would move?
#
# Both bundles grade the same day through the one scoring path, under the same policy. The
# candidate starts from the grades that the baseline gave, as it would on the day of a change, so
# an upgrade has to pass its margin (hysteresis).

# %%
day = month_ends(dataset.days[-1], last_day)[-1]
graders = tuple(Grader(load_bundle(result.bundle), policy) for result in (baseline, candidate))
with open_ledger(ledger_path, ledger_currency=policy.ledger.currency) as ledger:
    before = book_of_day(ledger, day, graders[0])
    prior = {grading.customer_id: grading.grade_before_override for grading in before.gradings}
    after = book_of_day(ledger, day, graders[1], prior_grades=prior)
    told = list(changes_between(ledger, (day, day), graders, customer_ids=sorted(prior)))
changes = [account.change for account in told]
assert [change.after.grade for change in changes] == [g.grade for g in after.gradings]

book = pd.DataFrame(
    {
        "customer": change.before.customer_id,
        "baseline": change.before.grade,
        "candidate": change.after.grade,
        "score before": change.before.score,
        "score after": change.after.score,
        "limit before": float(change.before.terms.credit_limit),
        "limit after": float(change.after.terms.credit_limit),
        **change.blocks,
    }
    for change in changes
).set_index("customer")
book.insert(4, "difference", book["score after"] - book["score before"])
book["exposure"] = before.snapshots.column("exposure")
migration = pd.crosstab(book["baseline"], book["candidate"])
migration.reindex(index=GRADES, columns=GRADES, fill_value=0)

# %% [markdown]
# Rows are the baseline's grades, columns the candidate's; right of the diagonal is worse. What
# moves with the grades is money:

# %%
rank = {grade: place for place, grade in enumerate(GRADES)}
step = book["candidate"].map(rank) - book["baseline"].map(rank)
book["moves"] = np.select([step < 0, step > 0], ["up", "down"], "stays")
money = (
    book.assign(customers=1)
    .groupby("moves")[["customers", "exposure", "limit before", "limit after"]]
    .sum()
    .reindex(["up", "stays", "down"], fill_value=0)
)
money.map("{:,.0f}".format)

# %% [markdown]
# ## Who moves most, and why
#
# Every difference is accounted for exactly. On one day the data cannot move and the policy is the
# same, so what is left is the model, and the lines that stop or hold a score: the end of the scale
# (`bound`), a newcomer's entry point, ceilings, hysteresis.

# %%
blocks = list(changes[0].blocks)
assert np.allclose(book[blocks].sum(axis=1), book["difference"], rtol=0, atol=1e-9)
assert (book[["data", "policy"]] == 0).all(axis=None)
most = book.loc[book["difference"].abs().sort_values(ascending=False, kind="stable").index]
shown = most.head(8)
moving = [name for name in blocks if (shown[name].abs() >= 0.05).any()]
columns = ["baseline", "candidate", "score before", "score after", "difference", *moving]
shown[columns].round(1)

# %% [markdown]
# Take the one that moves most among those whose grade changes. What do the two models see
# differently in it? Each grade has its account against the reference customer: the points of every
# feature. Their differences, and that of the reference, are the block `model`.

# %%
regraded = most[most["moves"] != "stays"]
customer = (regraded if len(regraded) else most).index[0]
accounts = [
    next(a for a in side.explanations if a.grading.customer_id == customer)
    for side in (before, after)
]
drivers = pd.DataFrame(
    {
        label: {driver.feature: driver.points for driver in account.drivers}
        for label, account in zip(("baseline", "candidate"), accounts, strict=True)
    }
)
drivers.loc["reference"] = [account.reference for account in accounts]
drivers["difference"] = drivers["candidate"] - drivers["baseline"]
assert np.isclose(drivers["difference"].sum(), book.loc[customer, "model"], rtol=0, atol=1e-9)

values = {driver.feature: driver.value for driver in accounts[0].drivers}
drivers.insert(0, "value", pd.Series(values))
labels = {name: FEATURES[name].label_en for name in values} | {"reference": "Reference customer"}
drivers.insert(0, "label", pd.Series(labels))
by_size = drivers["difference"].abs().sort_values(ascending=False, kind="stable").index
drivers.loc[by_size].head(8).rename_axis(customer).round(2)

# %% [markdown]
# And in the whole book: the features by which the two models differ most, in mean points by which
# they move a customer, whatever the sign.


# %%
def driver_points(side: Book) -> pd.DataFrame:
    return pd.DataFrame(
        {
            account.grading.customer_id: {d.feature: d.points for d in account.drivers}
            for account in side.explanations
        }
    ).T


apart = (driver_points(after) - driver_points(before)).abs().mean()
apart = apart.sort_values(ascending=False).head(8)
pd.DataFrame(
    {"label": [FEATURES[name].label_en for name in apart.index], "points apart": apart}
).round(2)

# %% [markdown]
# ## What next
#
# - Open both runs with their reports and plots: `TRADEGRADE_HOME=… make mlflow`. Set
#   `TRADEGRADE_HOME` at the top to keep the workspace; this one is removed by the next cell.
# - To train with the changed setting on the command line, write what differs into a file,
#
#       [model]
#       l2 = 10.0
#
#   and give it: `tradegrade train --ledger LEDGER --config FILE --folds 3`.
# - Train again when the next month-ends have their outcomes: they enter the test window, and what
#   was tested moves on to calibrate and to fit. To change settings until one test set is pleased
#   is to fit the test set; let a change wait for months that it has not seen.
# - The champion stays what it was. `tradegrade promote` lets a challenger grade once it has passed
#   eight gates; until then the first training of a workspace does.

# %%
temporary.cleanup()
