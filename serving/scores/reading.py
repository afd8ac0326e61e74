"""The body of POST /v1/scores: which customers, or which snapshots."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from features.catalogue import FEATURE_NAMES, FEATURES
from features.matrix import Snapshots
from models.explain.words import Text
from serving.errors import Fault, Problem, invalid
from serving.parameters import NO_DAY, NO_ID, day_of, is_identifier

MOST = 1_000
LARGEST = 1e13  # of a feature's value, either way
_CODES: Mapping[str, frozenset[float]] = {
    "flag": frozenset({0.0, 1.0}),
    "code": frozenset({1.0, 2.0}),
}
_UNKNOWN = float("nan")
_PLACES = {name: place for place, name in enumerate(FEATURE_NAMES)}
_ALLOWED = {name: _CODES[f.unit] for name, f in FEATURES.items() if f.unit in _CODES}


@dataclass(frozen=True)
class ByCustomer:
    """Customers of the server's ledger; without a day its last one."""

    customer_ids: tuple[str, ...]
    as_of: date | None
    explain: bool


@dataclass(frozen=True)
class BySnapshot:
    """Snapshots that were sent along; ``named`` tells which of them carried an id."""

    snapshots: Snapshots
    named: tuple[bool, ...]
    explain: bool


def read_scores(body: Any, today: date) -> ByCustomer | BySnapshot:
    """Return what a body asks for.

    Parameters
    ----------
    body : JSON value
        From `serving.strict_json.read_json`.
    today : date
        The day of a snapshot that names none.

    Raises
    ------
    Problem
        422 with every fault found, up to twenty.
    """
    if not isinstance(body, dict):
        raise invalid(Fault("", Text("须为JSON对象。", "The body must be an object.")))
    wanted = [name for name in ("customer_ids", "features") if name in body]
    unknown = set(body) - {"customer_ids", "features", "as_of", "explain"}
    if len(wanted) != 1 or unknown:
        raise invalid(
            Fault(
                "",
                Text(
                    "请给出customer_ids或features之一，另可加as_of、explain。",
                    "Give either customer_ids or features, and besides at most as_of and explain.",
                ),
            )
        )
    name = wanted[0]
    rows = body[name]
    if not isinstance(rows, list) or not 1 <= len(rows) <= MOST:
        detail = Text(f"须为1至{MOST}项的数组。", f"Give a list of 1 to {MOST:,}.")
        raise invalid(Fault(f"/{name}", detail))
    explain = body.get("explain", False)
    if not isinstance(explain, bool):
        raise invalid(Fault("/explain", Text("须为true或false。", "Give true or false.")))
    as_of = _day(body, "")
    if name == "customer_ids":
        return ByCustomer(_customers(rows), as_of, explain)
    return _snapshots(rows, as_of or today, explain)


def feature_schemas() -> dict[str, dict[str, Any]]:
    """Return the JSON Schema of each feature in a body."""
    schemas: dict[str, dict[str, Any]] = {}
    for name, feature in FEATURES.items():
        told = {"description": f"{feature.label_en} ({feature.unit}). {feature.meaning_en}"}
        if name in _ALLOWED:
            schemas[name] = {"enum": [*(int(v) for v in sorted(_ALLOWED[name])), None], **told}
        else:
            kind = {"type": ["number", "null"], "minimum": -LARGEST, "maximum": LARGEST}
            schemas[name] = {**kind, **told}
    return schemas


def _day(body: Mapping[str, Any], where: str) -> date | None:
    if "as_of" not in body:
        return None
    day = day_of(body["as_of"])
    if day is None:
        raise invalid(Fault(f"{where}/as_of", NO_DAY))
    return day


def _customers(rows: list[Any]) -> tuple[str, ...]:
    faults = [
        Fault(f"/customer_ids/{i}", NO_ID) for i, r in enumerate(rows) if not is_identifier(r)
    ]
    if not faults and len(set(rows)) != len(rows):
        detail = Text("客户编号重复。", "A customer stands twice.")
        faults = [Fault("/customer_ids", detail)]
    _refuse(faults)
    return tuple(rows)


def _snapshots(rows: list[Any], as_of: date, explain: bool) -> BySnapshot:
    values = np.full((len(rows), len(FEATURE_NAMES)), _UNKNOWN)
    ids, days, faults = [], [], []
    for number, row in enumerate(rows):
        if not isinstance(row, dict):
            detail = Text("须为JSON对象。", "Give an object.")
            faults.append(Fault(f"/features/{number}", detail))
            continue
        ids.append(row.get("customer_id"))
        day = day_of(row["as_of"]) if "as_of" in row else as_of
        days.append(day)
        if day is None:
            faults.append(Fault(f"/features/{number}/as_of", NO_DAY))
        if ids[-1] is not None and not is_identifier(ids[-1]):
            faults.append(Fault(f"/features/{number}/customer_id", NO_ID))
        told = values[number]
        for name, value in row.items():
            place = _PLACES.get(name)
            kind = type(value)
            if (
                place is not None
                and (kind is float or kind is int)
                and -LARGEST <= value <= LARGEST
            ):
                allowed = _ALLOWED.get(name)
                if allowed is None or value in allowed:
                    told[place] = value
                    continue
            if place is None and name in ("customer_id", "as_of"):
                continue
            if value is not None or place is None:
                faults.append(_fault(f"/features/{number}", name))
    _refuse(faults)
    named = tuple(customer_id is not None for customer_id in ids)
    return BySnapshot(
        Snapshots(
            tuple(customer_id or "" for customer_id in ids),
            np.array(days, dtype="datetime64[D]"),
            FEATURE_NAMES,
            values,
        ),
        named,
        explain,
    )


def _fault(where: str, name: str) -> Fault:
    if name not in FEATURES:
        near = difflib.get_close_matches(name[:64], FEATURE_NAMES, n=1)
        hint = f" Did you mean {near[0]}?" if near else " See docs/features.md."
        meant = f"是否指{near[0]}？" if near else "见docs/features.md。"
        return Fault(
            where,
            Text(f"有名称不在特征目录中。{meant}", f"A name is not in the catalogue.{hint}"),
        )
    if name in _ALLOWED:
        allowed = ", ".join(str(int(value)) for value in sorted(_ALLOWED[name]))
        detail = Text(f"须为{allowed}之一或null。", f"Give one of {allowed}, or null.")
    else:
        detail = Text("须为绝对值不超过1e13的数，或null。", "Give a number within ±1e13, or null.")
    return Fault(f"{where}/{name}", detail)


def _refuse(faults: list[Fault]) -> None:
    if faults:
        problem: Problem = invalid(*faults[:20])
        raise problem
