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
# # Three ways to tell defaults, on one footing
#
# Are the trees worth their trouble? A credit department can draw up a scorecard, and it has rules
# already. This notebook trains the model that grades, fits a scorecard beside it, takes the plain
# rules as they stand, and judges all three on the same customers: out of time, over folds, with
# intervals, and by their differences. Then it looks inside: the scorecard as a person would add it
# up, and what the trees have learnt.
#
# It runs in less than a minute and leaves nothing behind.

# %%
import logging
import tempfile
import warnings
from dataclasses import replace
from pathlib import Path

import lightgbm
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from features.catalogue import FEATURES
from features.ledger.simulate import simulate
from models.bundle import load_bundle
from models.explain.attribution import attribute_to_reference
from models.policy.load import load_policy
from models.scale import probability
from training.candidates.draws import customer_draws
from training.candidates.figures import LIGHTGBM, RULES, SCORECARD, comparison_lines
from training.candidates.rules import fit_rules
from training.candidates.scorecard import fit_scorecard, points_table
from training.config import load_config
from training.statistics.discrimination import auc_difference
from training.train import train
from training.validation import NAMES, brier, frequency_bins
from training.windows import CALIBRATE, FIT, TEST

# else they tell each step of making MLflow's database, and the first search for fonts
for name in ("alembic", "matplotlib"):
    logging.getLogger(name).setLevel(logging.ERROR)
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of what shap imports
    import shap

# %% [markdown]
# ## Train, and compare
#
# A made-up seller of 500 customers over 36 months, in a temporary folder with a workspace of its
# own. The settings are the packaged ones with three folds of customers, and one thread, which does
# not mind what else the machine does. `compare=True` is `tradegrade train --compare`: the bundle is
# the same to the last byte without it.

# %%
temporary = tempfile.TemporaryDirectory(prefix="tradegrade-notebook-")
home, ledger_path = Path(temporary.name) / "workspace", Path(temporary.name) / "ledger"
simulate(500, 36, 7, ledger_path)

packaged = load_config()
tracking = replace(packaged.tracking, uri=f"sqlite:///{home / 'mlflow.db'}")
model = replace(packaged.model, threads=1)
config = replace(packaged, model=model, tracking=tracking).with_options(folds=3)
policy = load_policy()
trained = train(ledger_path, config, home=home, policy=policy, compare=True)
print(trained.dataset.split_reason)

# %% [markdown]
# The three are fitted on the fit rows, calibrated on later rows in the same way, and judged on the
# latest. The rules have nothing to fit: their score is only calibrated, so that it tells a
# probability. How much evidence the test window holds is the number of customers that default in
# it, and not its rows.

# %%
dataset = trained.dataset
fit, calibrate, test = (dataset.part(part) for part in (FIT, CALIBRATE, TEST))
pd.DataFrame(
    {
        "window": label,
        "rows": len(rows),
        "customers": len(set(rows.snapshots.customer_ids)),
        "customers that default": len(
            set(np.array(rows.snapshots.customer_ids)[rows.defaulted].tolist())
        ),
        "base rate, %": round(100 * rows.defaulted.mean(), 1),
    }
    for label, rows in (("fit", fit), ("calibrate", calibrate), ("test", test))
).set_index("window")

# %% [markdown]
# ## The out-of-time window
#
# AUC and KS tell how well risk is ranked, higher is better; Brier and ECE how far the
# probabilities are off, lower is better. In brackets is the middle 95 % over draws of customers,
# for all rows of a customer stand or fall together.

# %%
print("\n".join(comparison_lines(trained.judged.candidates)))

# %% [markdown]
# The intervals overlap, and that says little: all three are wide because the same customers are
# hard for each. The difference on the *same* draws is what answers the question. Training gives it
# for the AUC against the trees. Here are all three pairs, with the Brier score beside it. For that
# the two others are fitted again; on the same rows they come out the same, which is checked.

# %%
bundle = load_bundle(trained.bundle)
card = fit_scorecard(fit, calibrate, config)
told = {
    LIGHTGBM: trained.judged.log_odds,
    SCORECARD: card.log_odds(test.snapshots),
    RULES: fit_rules(fit, calibrate, config, policy=policy, book=bundle.book).log_odds(
        test.snapshots
    ),
}
candidates = {found.name: found for found in trained.judged.candidates}
for name, log_odds in told.items():
    assert np.isclose(brier(probability(log_odds), test.defaulted), candidates[name].brier.estimate)

# %%
ids = test.snapshots.customer_ids
settings = config.validation
draws = [
    np.repeat(np.arange(len(times)), times)
    for times in customer_draws(ids, seed=config.seed, resamples=settings.resamples)
]
tail = (1 - settings.confidence) / 2


def brier_difference(one: str, other: str) -> tuple[float, float, float]:
    off = [(probability(told[name]) - test.defaulted) ** 2 for name in (one, other)]
    gap = off[0] - off[1]
    low, high = np.quantile([gap[places].mean() for places in draws], [tail, 1 - tail])
    return float(gap.mean()), float(low), float(high)


def paired(one: str, other: str) -> list[dict[str, object]]:
    gap = auc_difference(
        told[one],
        told[other],
        test.defaulted,
        ids,
        seed=config.seed,
        resamples=settings.resamples,
        confidence=settings.confidence,
    )
    figures = {
        "AUC": (gap.estimate, gap.low, gap.high),
        "Brier": brier_difference(one, other),
    }
    return [
        {"pair": f"{one} less {other}", "figure": figure, "difference": d, "low": low, "high": high}
        for figure, (d, low, high) in figures.items()
    ]


PAIRS = [(SCORECARD, LIGHTGBM), (RULES, LIGHTGBM), (RULES, SCORECARD)]
differences = pd.DataFrame([line for pair in PAIRS for line in paired(*pair)])
differences["leaves out 0"] = (differences["low"] > 0) | (differences["high"] < 0)
for name in (SCORECARD, RULES):
    line = differences.query("figure == 'AUC' and pair == @name + ' less ' + @LIGHTGBM").iloc[0]
    assert np.isclose(line["difference"], candidates[name].difference_to_lightgbm.estimate)
differences.set_index(["figure", "pair"]).sort_index().round(4)

# %% [markdown]
# An interval that holds 0 does not say that two candidates are equal. It says that this window,
# with its few defaults, cannot tell them apart; how wide it is says what difference might have
# gone unseen.

# %%
figure, axes = plt.subplots(figsize=(6.4, 2.4), layout="tight")
shown = differences[differences["figure"] == "AUC"].reset_index(drop=True)
for place, line in shown.iterrows():
    axes.plot([line["low"], line["high"]], [place, place], color="C0")
    axes.plot(line["difference"], place, marker="o", color="C0")
axes.axvline(0, color="grey", linewidth=1)
axes.locator_params(axis="x", nbins=6)
axes.set_yticks(range(len(shown)), shown["pair"])
axes.set(xlabel="Difference of the AUC, 95 % interval", ylim=(len(shown) - 0.5, -0.5))
plt.show()

# %% [markdown]
# ## The same folds
#
# Each third of the customers is judged by what was fitted and calibrated without it; the thirds
# are the same for all three. This asks with all customers and not only with the last months, and
# it looks at times that the fit has seen: a check beside the test set, never in its place.

# %%
each = pd.DataFrame(
    {
        (figure, name): found.folds[figure]["each"]
        for figure in ("auc", "brier")
        for name, found in candidates.items()
    }
)
each.index = pd.Index([f"fold {number + 1}" for number in range(len(each))])
each.round(4)

# %%
by_fold = pd.DataFrame(
    {
        f"{one} less {other}": {
            figure: " ".join(
                f"{a - b:+.4f}"
                for a, b in zip(
                    candidates[one].folds[figure]["each"],
                    candidates[other].folds[figure]["each"],
                    strict=True,
                )
            )
            for figure in NAMES
        }
        for one, other in PAIRS
    }
)
by_fold

# %% [markdown]
# Read the signs along a line. Where they differ, it depends on whom one happens to ask; but three
# folds of equal candidates share one sign one time in four, so three equal signs are a hint and no
# proof.

# %% [markdown]
# ## Are the probabilities right?
#
# Rows in bins of about equal size by the probability told, against the share that defaulted. On the
# line is right; above it too little was told. The axes go by the square root, because most rows lie
# near 0.

# %%
courses = {}
for name, log_odds in told.items():
    chance = probability(log_odds)
    bins = pd.DataFrame({"told": chance, "defaulted": test.defaulted})
    courses[name] = bins.groupby(frequency_bins(chance, settings.bins)).mean()
highest = min(1, 1.1 * max(course.max().max() for course in courses.values()))
ticks = np.array([0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1])
ticks = ticks[ticks <= highest]

figure, axes = plt.subplots(figsize=(5.2, 4.4), layout="tight")
axes.plot([0, highest], [0, highest], color="grey", linewidth=1)
for name, course in courses.items():
    axes.plot(course["told"], course["defaulted"], marker="o", label=name)
axes.set(xlabel="Probability told", ylabel="Default rate", xlim=(0, highest), ylim=(0, highest))
for axis, rescale in ((axes.xaxis, axes.set_xscale), (axes.yaxis, axes.set_yscale)):
    rescale("function", functions=(np.sqrt, np.square))
    axis.set_ticks(ticks, [f"{100 * tick:g} %" for tick in ticks])
axes.legend(frameon=False)
plt.show()

# %% [markdown]
# If all three lie on one side, the base rate of the test months differs from that of the months
# that calibrated them. No candidate can have known.

# %%
pd.DataFrame(
    {
        "told on average, %": {n: 100 * probability(o).mean() for n, o in told.items()},
        "defaulted, %": 100 * test.defaulted.mean(),
    }
).round(2)

# %% [markdown]
# ## The scorecard, as a person adds it up
#
# Base points, and from each feature the points of the bin that the customer falls in. The sum is
# the model's part of a score on the policy's scale. Every bin moves the risk the way the
# catalogue's direction says, and an unknown value has a bin of its own where enough customers with
# it defaulted.

# %%
scale = policy.point_scale(dataset.horizon_days)
lines = points_table(card, scale)


def bin_text(above: float | None, up_to: float | None, unknown: bool) -> str:
    if unknown:
        return "unknown"
    if above is None and up_to is None:
        return "known"
    if above is None:
        return f"≤ {up_to:,.4g}"
    return f"> {above:,.4g}" if up_to is None else f"{above:,.4g} to {up_to:,.4g}"


points = pd.DataFrame(
    {
        "feature": FEATURES[line.feature].label_en if line.feature else "Base points",
        "bin": bin_text(line.above, line.up_to, line.unknown) if line.feature else "",
        "rows": line.rows,
        "defaults": line.defaults,
        "points": round(line.points, 1) + 0.0,  # no −0.0
    }
    for line in lines
    if line.rows or not line.feature
)
print(f"{len(card.names)} features, {len(points) - 1} bins; the base and the first six features:")
first_six = ["Base points", *(FEATURES[name].label_en for name in card.names[:6])]
points[points["feature"].isin(first_six)].set_index(["feature", "bin"])


# %% [markdown]
# Added up by hand for the riskiest row of the test set, it is what the card tells.


# %%
def points_of(name: str, value: float) -> float:
    (line,) = (
        line
        for line in lines
        if line.feature == name
        and (
            line.unknown
            if np.isnan(value)
            else not line.unknown
            and (line.above is None or value > line.above)
            and (line.up_to is None or value <= line.up_to)
        )
    )
    return line.points


riskiest = int(np.argmax(told[SCORECARD]))
by_hand = lines[0].points + sum(
    points_of(name, test.snapshots.column(name)[riskiest]) for name in card.names
)
by_card = scale.points(told[SCORECARD])[riskiest]
assert np.isclose(by_hand, by_card, rtol=0, atol=1e-9)
print(f"{by_hand:.6f} points by hand, {by_card:.6f} from the card")

# %% [markdown]
# ## What the trees have learnt
#
# `shap.TreeExplainer` reads LightGBM's text, the very file of the bundle. Its values say, in
# log-odds and for each row, how far a feature moves the margin from the average of the training
# rows; they add up, which is checked. Here they serve to look at *all* rows of the test set at
# once.

# %%
booster = lightgbm.Booster(model_str=bundle.probability.model_text)
rows = bundle.probability.prepare(test.snapshots.select(bundle.feature_names).values)
explainer = shap.TreeExplainer(booster)
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # that an older version gave a list
    values = np.asarray(explainer.shap_values(rows))
expected = float(np.ravel(explainer.expected_value)[0])
assert np.allclose(expected + values.sum(axis=1), booster.predict(rows, raw_score=True), atol=1e-6)

labels = [FEATURES[name].label_en for name in bundle.feature_names]
shap.summary_plot(
    values,
    rows,
    feature_names=labels,
    max_display=12,
    show=False,
    plot_size=(8, 5),
    rng=np.random.default_rng(0),
)
plt.xlabel("SHAP value (log-odds before calibration; right is riskier)")
plt.show()

# %% [markdown]
# A dot is a row; red is a high value of the feature, grey an unknown one. What lies far right in
# red raises the risk when it is high. The two features on top, one by one:

# %%
top = np.argsort(-np.abs(values).mean(axis=0), kind="stable")[:2]
figure, both = plt.subplots(1, 2, figsize=(9, 3.6), layout="tight")
for axes, place in zip(both, top.tolist(), strict=True):
    known = ~np.isnan(rows[:, place])
    axes.scatter(rows[known, place], values[known, place], s=8, alpha=0.4)
    axes.axhline(0, color="grey", linewidth=1)
    axes.set(xlabel=labels[place], ylabel="SHAP value (log-odds)")
plt.show()

# %% [markdown]
# The steps are the splits. The height of the dots over one value is what the other features do to
# it. The trees are held to the catalogue's directions: raise one value of one customer, and the
# risk cannot move the wrong way. A SHAP value may still fall here and there, since it is a mean
# over how the training rows went through the trees.
#
# ## Why single grades are explained otherwise
#
# These values compare a customer with an average of the training rows, which is nobody. A person
# who is told "your litigation costs 3 points" wants to know: compared with whom? Tradegrade
# explains a grade by **baseline Shapley values** against one real customer, the reference customer
# of the bundle. A feature in which the customer is like the reference has exactly 0 points; the
# rules, which SHAP's values know nothing of, are in the same sum; and the account of a change uses
# the same values with the customer's own earlier snapshot in the reference's place (notebook
# `04_why_a_grade_changed`).
#
# Here is the riskiest row of the test set in both accounts, in points of the model's part: where
# each starts from, the features that weigh most, and the sum that both come to.

# %%
blend_share = 1 - policy.blend.rule_weight
calibration = bundle.probability.calibration
reference = bundle.probability.reference
row = int(np.argmax(told[LIGHTGBM]))


def model_points(margin: float) -> float:
    return blend_share * float(scale.points(calibration.log_odds(np.array(margin))))


attribution = attribute_to_reference(test.snapshots.take([row]), bundle, policy)
against = dict(zip(attribution.names, attribution.model_points[0], strict=True))
start_of_reference = float(booster.predict(reference[None], raw_score=True)[0])
accounts = pd.DataFrame(
    {
        "value": rows[row],
        "reference": reference,
        "from SHAP's average": blend_share * scale.slope * calibration.slope * values[row],
        "from the reference customer": [against[name] for name in bundle.feature_names],
    },
    index=pd.Index(labels, name="feature"),
)
alike = (rows[row] == reference) | (np.isnan(rows[row]) & np.isnan(reference))
assert (accounts.loc[alike, "from the reference customer"] == 0).all()

both_ways = ["from SHAP's average", "from the reference customer"]
by_size = accounts["from the reference customer"].abs().sort_values(ascending=False).index
shown = accounts.loc[by_size[:6]].copy()
shown.loc[f"{len(labels) - 6} others", both_ways] = accounts.loc[by_size[6:], both_ways].sum()
starts = [model_points(expected), model_points(start_of_reference)]
shown.loc["starts from", both_ways] = starts
shown.loc["model's part", both_ways] = accounts[both_ways].sum() + starts
assert np.allclose(
    shown.loc["model's part", both_ways].astype(float),
    model_points(float(booster.predict(rows[[row]], raw_score=True)[0])),
    rtol=0,
    atol=1e-5,
)
shown.round(2)

# %% [markdown]
# ## What this shows, and what it does not

# %%
auc = differences[differences["figure"] == "AUC"]
for line in auc.to_dict("records"):
    verdict = "told apart" if line["leaves out 0"] else "not told apart"
    interval = f"{line['low']:+.4f} to {line['high']:+.4f}"
    print(f"{line['pair']}: AUC {line['difference']:+.4f} ({interval}), {verdict}")

# %% [markdown]
# - It shows how the three rank and calibrate on these months and these customers, and how far apart
#   they could be without our seeing it.
# - It does not show that the trees are needed. If the scorecard is not told apart from them, a
#   reader may well prefer the card that fits on a page. The shipped blend takes the rules for 40 %
#   of the score in any case.
# - The intervals know the chance in whom the window holds. They know nothing of another year,
#   another seed, or another seller.
# - The seller is made up: its defaults follow the simulator's few causes. Which candidate wins here
#   says nothing about your ledger. Run `tradegrade train --compare` on yours.
# - To compare often and to keep the best look is to fit the test set. A promotion has checks of its
#   own, with limits that were set before (`tradegrade promote`).
# - None of the others can be shipped by this: a comparison enters no bundle.

# %%
temporary.cleanup()
