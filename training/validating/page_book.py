"""The parts of the validation page on the book: stability, concentration, conflicts, the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from features.catalogue import FEATURES
from models.bands import GRADES
from training.validating.markup import (
    DASH,
    chance,
    heading,
    note,
    number,
    percent,
    table,
    whole,
)

Document = Mapping[str, Any]
Say = Callable[[str], str]
SHOWN = 15  # features in a list: the JSON document has all of them
_RARE = 0.05


def stability_part(document: Document, say: Say, language: str) -> str:
    """Return the part on whether the book looks as it did, and how grades move."""
    found = document["stability"]
    moved = sorted(found["features"], key=lambda line: (-line["shift"]["index"], line["feature"]))
    grades = [(say(kind), *_shift(found[kind], say)) for kind in ("grades", "notches")]
    features = [
        (_label(line["feature"], language), *_shift(line["shift"], say)) for line in moved[:SHOWN]
    ]
    flips = found["flip_flop"]
    rows = [
        (say("flip_flop"), percent(flips["share"], 1)),
        (say("per_year"), number(flips["moves_per_customer_year"], 2)),
    ]
    keys = ("psi", "verdict", "critical_psi", "beyond")
    return "".join(
        [
            heading(say("stability")),
            note(f"{say('against')}: {found['reference']} → {found['latest']}"),
            table(["", *(say(key) for key in keys)], grades),
            heading(say("largest_shifts"), 3),
            table([say("feature"), *(say(key) for key in keys)], features),
            heading(say("migration"), 3),
            _migration(found, say),
            table((say("figure"), say("value")), rows),
        ]
    )


def concentration_part(document: Document, say: Say, language: str) -> str:
    """Return the part on how the book is spread over grades and notches."""
    rows = []
    for kind in ("grades", "notches"):
        found = document["concentration"][kind]
        rise = found["rise"]
        largest = f"{found['largest']} {percent(found['largest_share'], 1)}"
        indices = (number(found["herfindahl"]), number(found["normalised"]), largest)
        fails = say("yes") if rise["cannot_fail"] else say("no")
        rows.append((say(kind), *indices, chance(rise["p"]), chance(rise["smallest_p"]), fails))
    keys = ("herfindahl", "normalised", "largest_share", "rise", "smallest_p", "cannot_fail")
    return heading(say("concentration")) + table(["", *(say(key) for key in keys)], rows)


def conflicts_part(document: Document, say: Say, language: str) -> str:
    """Return the part on rules against model."""
    found = document["conflicts"]
    rows = [
        (say("rows"), whole(found["rows"])),
        (say("conflict_share").format(bands=found["bands"]), percent(found["share"])),
        (say("model_worse"), whole(found["model_worse"])),
        (say("model_worse_rate"), percent(found["model_worse_rate"])),
        (say("rules_worse"), whole(found["rules_worse"])),
        (say("rules_worse_rate"), percent(found["rules_worse_rate"])),
    ]
    return "".join(
        [
            heading(say("conflicts")),
            table((say("figure"), say("value")), rows),
            note(say("conflict_matrix")),
            _matrix(found["matrix"]),
        ]
    )


def missing_part(document: Document, say: Say, language: str) -> str:
    """Return the part on what is unknown, and on who was left out."""
    unknown = [line for line in document["missing"] if line["share"]]
    lines = [(_label(line["feature"], language), percent(line["share"], 1)) for line in unknown]
    people = document["population"]
    rows = [
        (say("considered"), whole(people["considered"])),
        (say("in_default_share"), percent(people["in_default_share"], 1)),
        (say("unexposed_share"), percent(people["unexposed_share"], 1)),
    ]
    head = (say("feature"), say("unknown_share"))
    return "".join(
        [
            heading(say("missing")),
            table(head, lines) if lines else note(say("none_missing")),
            heading(say("population")),
            table((say("figure"), say("value")), rows),
        ]
    )


def lead_time_part(document: Document, say: Say, language: str) -> str:
    """Return the part on how early the grades warned."""
    found = document["lead_time"]
    rows = [
        (
            name,
            f"{found[key]['warned']} / {found['defaults']}",
            whole(found[key]["median_days"]),
            _quartiles(found[key]),
            percent(found[key]["alarm_share"], 1),
        )
        for key, name in (
            ("grade", say("by_grade")),
            ("overdue", say("by_overdue").format(days=found["overdue_days"])),
            ("overdue_daily", say("by_overdue_daily").format(days=found["overdue_days"])),
        )
    ]
    first = " / ".join(str(found[key]) for key in ("grade_first", "overdue_first", "together"))
    keys = ("signal", "warned", "median_days", "quartiles", "alarms")
    return "".join(
        [
            heading(say("lead_time")),
            table([say(key) for key in keys], rows),
            note(f"{say('who_first')}: {first}"),
            note(say("lead_note")),
        ]
    )


def monotonicity_part(document: Document, say: Say, language: str) -> str:
    """Return the part on the audit of the shipped model."""
    found = document["monotonicity"]
    rows = [
        (
            _label(line["feature"], language),
            say("rises") if line["direction"] > 0 else say("falls"),
            whole(line["steps"]),
            whole(line["violations"]),
            number(line["largest"], 6),
        )
        for line in found["features"]
    ]
    told = f"{say('steps')}: {whole(found['steps'])}; {say('violations')}: {found['violations']}"
    keys = ("feature", "direction", "steps", "violations", "largest")
    return heading(say("monotonicity")) + note(told) + table([say(key) for key in keys], rows)


def _shift(shift: Document, say: Say) -> Sequence[str]:
    beyond = say("yes") if shift["beyond_chance"] else say("no")
    return number(shift["index"]), say(shift["verdict"]), number(shift["critical"]), beyond


def _migration(found: Document, say: Say) -> str:
    grades, notches = found["migration"], found["notch_migration"]
    rows = [
        (say(name), number(line["lower"]), number(line["upper"]), _jumps(line))
        for name, line in (("grades", grades), ("notches", notches))
    ]
    keys = ("lower", "upper", "jumps")
    told = f"{grades['first']} → {grades['last']}: {whole(grades['customers'])} {say('customers')}"
    return note(told) + _matrix(grades["matrix"]) + table(["", *(say(key) for key in keys)], rows)


def _jumps(line: Document) -> str:
    return str(sum(step["p"] < _RARE for step in line["steps"]))


def _matrix(rows: Sequence[Sequence[int]]) -> str:
    lines = [(grade, *(whole(n) for n in row)) for grade, row in zip(GRADES, rows, strict=True)]
    return table(["", *GRADES], lines)


def _quartiles(signal: Document) -> str:
    if signal["median_days"] is None:
        return DASH
    return f"{whole(signal['lower_days'])} – {whole(signal['upper_days'])}"


def _label(feature: str, language: str) -> str:
    known = FEATURES[feature]
    return known.label_zh if language == "zh" else known.label_en
