"""Folds of settled invoices as compiled loops: what DuckDB would fold, in a tenth of its time.

On a large ledger nearly all of a snapshot's time goes into some forty conditional aggregates
over every version of every invoice. Here the same aggregates, from the same expressions, become
the source of one loop over the rows of a customer, which numba compiles once and keeps on disk.
Everything is an integer, so the results are the engine's own to the last digit; what the loop
cannot say (text, values that may be unknown inside a test, amounts so large that a sum might not
fit 64 bits) is left to the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from features.compile import compiled_module
from features.expression import (
    Aggregate,
    AsOf,
    Column,
    Expr,
    Literal,
    Op,
    When,
)
from features.ledger.tables import TABLES

NOTHING = -(2**63)  # what a largest or smallest of no rows is in the loop's answer
_MOST_DAYS = 40_000  # no difference of two days of a ledger is larger
_INFIX = {"+": "+", "-": "-", "*": "*", "<": "<", "<=": "<=", ">": ">", ">=": ">=", "=": "==",
          "AND": "&", "OR": "|"}  # fmt: skip

_COMPARED = frozenset({"<", "<=", ">", ">=", "="})

Ints = NDArray[np.int64]


class NotCompiledError(Exception):
    """An expression that the loop cannot say; the engine folds it."""


@dataclass(frozen=True)
class Shape:
    """How a relation lies in the facts, as `features.relations` says it in SQL.

    Attributes
    ----------
    table : str
        Where its rows are.
    columns : tuple of str
        Of whole numbers that are never null; those that the loop reads.
    known : str
        The test that a row is known on the day ``as_of_day`` and not after it.
    amounts : tuple of str
        The columns of money.
    unknown : tuple of str
        Of the columns those that may be null; the loop reads ``NOTHING`` there.
    words : dict of str to tuple of str
        Of the columns those that hold one of some words; the loop reads its place.
    """

    table: str
    columns: tuple[str, ...]
    known: str
    amounts: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def read(self, column: str) -> str:
        """Return the SQL of a column as the loop reads it."""
        value = column
        if column in self.words:
            cases = " ".join(f"WHEN '{w}' THEN {n}" for n, w in enumerate(self.words[column]))
            value = f"CASE {column} {cases} END"
        if column in self.unknown:
            value = f"coalesce(CAST({value} AS BIGINT), {NOTHING})"
        return f"{value} AS {column}"


SHAPES = {
    "items": Shape(
        "fact_items",
        (
            "issued_on",
            "due_on",
            "amount",
            "disputed_on",
            "known_from",
            "known_to",
            "settled_on",
            "outstanding",
        ),
        "(known_from <= as_of_day) & (as_of_day < known_to)",
        ("amount", "outstanding"),
    ),
    "payments": Shape(
        "led_payments",
        ("paid_on", "amount", "row_from", "row_to"),
        "(row_from <= as_of_day) & (as_of_day < row_to) & (paid_on <= as_of_day)",
        ("amount",),
    ),
    "orders": Shape(
        "led_orders",
        ("ordered_on", "closed_on", "status", "row_from", "row_to"),
        "(row_from <= as_of_day) & (as_of_day < row_to) & (ordered_on <= as_of_day)",
        unknown=("closed_on", "status"),
        words={"status": TABLES["orders"].column("status").codes},
    ),
}


@dataclass(frozen=True)
class Loop:
    """A compiled loop over the rows of one relation.

    Attributes
    ----------
    shape : Shape
        What its rows are.
    folds : tuple of Aggregate
        What it computes, in the order of its answers' columns.
    run : callable
        Takes (first, end, as_of, *columns): for each pair where the rows of its customer
        begin and end, and its day; returns (n, folds) int64. Medians hold twice the value.
    """

    shape: Shape
    folds: tuple[Aggregate, ...]
    run: Callable[..., Ints]


@cache
def loop_of(folds: tuple[Aggregate, ...]) -> Loop:
    """Return the loop of some aggregates over one relation, compiled when it first runs.

    Raises
    ------
    NotCompiledError
        If the relation has no loop, or one of them cannot be said.
    """
    (relation,) = {fold.relation for fold in folds}
    if relation not in SHAPES:
        message = f"the relation {relation}"
        raise NotCompiledError(message)
    shape = SHAPES[relation]
    return Loop(shape, folds, compiled_module(f"folds_{relation}", source_of(folds, shape)).run)


def sums_fit(amounts: Ints, rows_of_one: int) -> bool:
    """Tell whether no sum of amounts times days of one customer can leave 64 bits.

    Examples
    --------
    >>> sums_fit(np.array([5_000_00]), 1_000), sums_fit(np.array([10**17]), 1_000)
    (True, False)
    """
    most = max(int(amounts.max(initial=0)), -int(amounts.min(initial=0)))
    return most * _MOST_DAYS * max(rows_of_one, 1) < 2**62


def source_of(folds: Sequence[Aggregate], shape: Shape) -> str:
    """Return the source of the loop: a module with a function ``run``."""
    writer = _Writer(shape)
    lines = [writer.fold(place, fold) for place, fold in enumerate(folds)]
    begin = [f"a{place} = {_START[fold.kind]}" for place, fold in enumerate(folds)]
    medians = [place for place, fold in enumerate(folds) if fold.kind == "MEDIAN"]
    begin += [f"m{place} = 0" for place in medians]
    buffers = [f"b{place} = np.empty(most, np.int64)" for place in medians]
    ends = [f"a{place} = middle(b{place}, m{place})" for place in medians]
    answers = [f"out[p, {place}] = a{place}" for place in range(len(folds))]
    columns = shape.columns
    reads = [f"{name} = np.int64({name}_[r])" for name in columns]
    return "\n".join(
        [
            '"""Written by features.engines.compiled; do not edit."""',
            "import numpy as np",
            "from numba import njit",
            _MIDDLE,
            "@njit(cache=True, nogil=True)",
            f"def run(first, end, as_of, {', '.join(f'{name}_' for name in columns)}):",
            f"    out = np.empty((len(first), {len(folds)}), np.int64)",
            "    most = (end - first).max() if len(first) else 0",
            *(f"    {line}" for line in buffers),
            "    for p in range(len(first)):",
            "        as_of_day = np.int64(as_of[p])",
            *(f"        {line}" for line in begin),
            "        for r in range(first[p], end[p]):",
            *(f"            {line}" for line in reads),
            f"            if not ({shape.known}):",
            "                continue",
            *(f"            {line}" for line in writer.lines),
            *(f"            {line}" for group in lines for line in group),
            *(f"        {line}" for line in (*ends, *answers)),
            "    return out",
            "",
        ]
    )


_START = {"COUNT": "0", "SUM": "0", "MAX": str(NOTHING), "MIN": str(NOTHING),
          "MEDIAN": str(NOTHING)}  # fmt: skip
_MIDDLE = f"""

@njit(cache=True, nogil=True)
def middle(values, many):
    if many == 0:
        return {NOTHING}
    chosen = np.sort(values[:many])
    return chosen[(many - 1) // 2] + chosen[many // 2]

"""


class _Writer:
    """Writes expressions as lines of the loop's body, each distinct one once."""

    def __init__(self, shape: Shape) -> None:
        self.lines: list[str] = []
        self._shape = shape
        self._names: dict[str, str] = {}

    def fold(self, place: int, fold: Aggregate) -> list[str]:
        """Return the lines that bring one aggregate on by a row."""
        value, given = self.value(fold.value)
        tests = [] if fold.where is None else [self.truth(fold.where)]
        if given is not None:
            tests.append(given)
        chosen = " & ".join(tests) or "True"
        into = f"a{place}"
        match fold.kind:
            case "COUNT":
                return [f"{into} += 1 if {chosen} else 0"]
            case "SUM":
                return [f"{into} += {value} if {chosen} else 0"]
            case "MAX":
                return [f"{into} = max({into}, {value}) if {chosen} else {into}"]
            case "MIN":
                better = f"({into} == {NOTHING}) | ({value} < {into})"
                return [f"{into} = {value} if {chosen} & ({better}) else {into}"]
            case "MEDIAN":
                return [f"if {chosen}:", f"    b{place}[m{place}] = {value}", f"    m{place} += 1"]
            case kind:
                message = f"the fold {kind}"
                raise NotCompiledError(message)

    def truth(self, node: Expr) -> str:
        """Return the name of a test that holds where a condition is true: not false, not null."""
        match node:
            case Op(name="AND" | "OR" as name, args=(left, right)):
                return self._named(f"{self.truth(left)} {_INFIX[name]} {self.truth(right)}")
            case Op(name="IS NOT NULL", args=(only,)):
                return self.value(only)[1] or "True"
            case Op(name="NOT", args=(only,)):
                return self._named(f"not {self._sure(only)}")
            case Op(name="=", args=(Column(name=name), Literal(value=str(word)))):
                return self._named(f"{name} == {self._place(name, word)}")
            case Op(name=name, args=(left, right)) if name in _COMPARED:
                (a, known_a), (b, known_b) = self.value(left), self.value(right)
                known = [test for test in (known_a, known_b) if test is not None]
                return self._named(" & ".join([f"({a} {_INFIX[name]} {b})", *known]))
        message = f"the condition {type(node).__name__}"
        raise NotCompiledError(message)

    def value(self, node: Expr) -> tuple[str, str | None]:
        """Return what a value is called, and the test that it is known; None is always."""
        match node:
            case Literal(value=int(number)):
                return str(number), None
            case AsOf():
                return "as_of_day", None
            case Column(name=name) if name in self._shape.columns:
                unknown = name in self._shape.unknown
                return name, self._named(f"{name} != {NOTHING}") if unknown else None
            case When(condition=condition, then=then, otherwise=None):
                return self._sure(then), self.truth(condition)
            case When(condition=condition, then=then, otherwise=Expr() as otherwise):
                parts = self._sure(then), self.truth(condition), self._sure(otherwise)
                return self._named(f"{parts[0]} if {parts[1]} else {parts[2]}"), None
            case Op(name="COALESCE", args=(first, second)):
                name, given = self.value(first)
                if given is None:
                    return name, None
                return self._named(f"{name} if {given} else {self._sure(second)}"), None
            case Op(name="GREATEST" | "LEAST" as name, args=args):
                function = "max" if name == "GREATEST" else "min"
                return self._named(f"{function}({', '.join(map(self._sure, args))})"), None
            case Op(name="+" | "-" | "*" as name, args=(left, right)):
                return self._named(f"{self._sure(left)} {name} {self._sure(right)}"), None
        message = f"the expression {type(node).__name__}"
        raise NotCompiledError(message)

    def _sure(self, node: Expr) -> str:
        """Return the name of what is never null: a value, or a condition of such values."""
        match node:
            case Op(name="AND" | "OR" as name, args=(left, right)):
                return self._named(f"{self._sure(left)} {_INFIX[name]} {self._sure(right)}")
            case Op(name=name, args=(left, right)) if name in _COMPARED:
                return self._named(f"{self._sure(left)} {_INFIX[name]} {self._sure(right)}")
            case Op(name="NOT", args=(only,)):
                return self._named(f"not {self._sure(only)}")
        value, given = self.value(node)
        if given is not None:
            message = "a value that may be unknown inside another"
            raise NotCompiledError(message)
        return value

    def _place(self, column: str, word: str) -> int:
        words = self._shape.words.get(column, ())
        if word not in words:
            message = f"the word {word}"
            raise NotCompiledError(message)
        return words.index(word)

    def _named(self, written: str) -> str:
        if written not in self._names:
            self._names[written] = f"v{len(self._names)}"
            self.lines.append(f"{self._names[written]} = {written}")
        return self._names[written]


def answer_column(fold: Aggregate, answers: Ints) -> pa.Array:
    """Return one column of a loop's answers: what no row gave is null, a median is halved."""
    if fold.kind in ("COUNT", "SUM"):
        return pa.array(answers)
    nothing = answers == NOTHING
    return pa.array(answers * 0.5 if fold.kind == "MEDIAN" else answers, mask=nothing)
