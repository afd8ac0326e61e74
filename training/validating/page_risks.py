"""The parts of the validation page on discrimination and calibration."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from training.validating import pictures
from training.validating.markup import (
    chance,
    figure,
    figures,
    heading,
    note,
    number,
    percent,
    table,
    whole,
)

Document = Mapping[str, Any]
Say = Callable[[str], str]
_INTERVALS = ("auc", "auc_score", "auc_rules", "auc_grades", "auc_notches", "model_over_rules")


def discrimination_part(document: Document, say: Say, language: str) -> str:
    """Return the part on how well the model ranks."""
    ranks = document["discrimination"]
    if ranks is None:
        return heading(say("discrimination")) + note(say("one_outcome"))
    rows: list[Sequence[str]] = [
        (say(key), number(ranks[key]["estimate"]), _ends(ranks[key])) for key in _INTERVALS
    ]
    rows += [(say(key), number(ranks[key]), "") for key in ("gini", "ks")]
    fall = ranks["since_training"]
    if fall is not None:
        told = f"{number(fall['initial'])} → {number(fall['current'])}"
        rows.append((say("since_training"), told, f"p = {chance(fall['p'])}"))
    drawn = pictures.curve(ranks["curve"], across=say("accused"), up=say("caught"))
    head = (say("figure"), say("value"), f"{say('interval')} {ranks['auc']['confidence']:.0%}")
    return (
        heading(say("discrimination"))
        + table(head, rows)
        + note(say("by_customer"))
        + figures(figure(drawn, say("auc")))
    )


def calibration_part(document: Document, say: Say, language: str) -> str:
    """Return the part on whether as many defaulted as was told."""
    true = document["calibration"]
    bins = [
        (place, whole(line["rows"]), percent(line["default_probability"]),
         percent(line["default_rate"]))
        for place, line in enumerate(true["bins"], start=1)
    ]  # fmt: skip
    points = [(line["default_probability"], line["default_rate"]) for line in true["bins"]]
    seen = [line for line in true["grades"] if line["rows"]]
    drawn = figures(
        figure(pictures.against(points, across=say("told"), up=say("realised")), say("by_bins")),
        figure(
            pictures.pairs(
                [line["grade"] for line in seen],
                [line["default_probability"] for line in seen],
                [line["default_rate"] for line in seen],
                names=(say("told"), say("realised")),
            ),
            say("by_grades"),
        ),
    )
    return "".join(
        [
            heading(say("calibration")),
            table((say("figure"), say("value")), _figures(true, say)),
            note(say("cohorts_note")),
            drawn,
            heading(say("by_grades"), 3),
            _tests(true["grades"], say),
            heading(say("by_notches"), 3),
            _tests(true["notches"], say),
            note(say("tests_note")),
            heading(say("by_bins"), 3),
            table(("", say("rows"), say("told"), say("realised")), bins),
        ]
    )


def _figures(true: Document, say: Say) -> Iterator[Sequence[str]]:
    yield say("cohorts"), ", ".join(true["cohorts"])
    yield say("rows"), whole(true["rows"])
    yield say("defaults"), whole(true["defaults"])
    yield say("told"), percent(true["default_probability"])
    yield say("realised"), percent(true["default_rate"])
    yield say("ece"), number(true["ece"])
    yield say("brier"), number(true["brier"]["brier"])
    for key in ("reliability", "resolution", "uncertainty", "within"):
        yield say(key), number(true["brier"][key], 6)
    line, fit = true["recalibration"], true["hosmer_lemeshow"]
    yield say("slope"), f"{number(line['slope'], 3)} ± {number(line['slope_error'], 3)}"
    yield say("intercept"), number(line["intercept"], 3)
    yield say("shift"), number(line["shift"], 3)
    fitted = f"χ²({fit['freedom']}) = {number(fit['statistic'], 2)}, p = {chance(fit['p'])}"
    yield say("hosmer_lemeshow"), fitted


def _tests(lines: Sequence[Document], say: Say) -> str:
    keys = ("grade", "rows", "defaults", "told", "realised", "jeffreys", "binomial", "critical",
            "power")  # fmt: skip
    rows = [
        (
            line["grade"],
            whole(line["rows"]),
            whole(line["defaults"]),
            percent(line["default_probability"]),
            percent(line["default_rate"]),
            chance(line["jeffreys_p"]),
            chance(line["binomial_p"]),
            whole(line["critical_defaults"]),
            percent(line["power"], 0),
        )
        for line in lines
    ]
    return table([say(key) for key in keys], rows)


def _ends(interval: Document) -> str:
    return f"{number(interval['low'])} – {number(interval['high'])}"
