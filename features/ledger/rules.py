"""The rules that every row of a table must keep, each as a SQL test that finds the breach."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from features.ledger.columns import NULL_TYPE
from features.ledger.tables import (
    EARLIEST_EVENT,
    EARLIEST_REGISTRATION,
    LARGEST_AMOUNT,
    LONGEST_ID,
    Column,
    Table,
)

_OPEN_ENDED = frozenset({"valid_to", "expires_on"})


@dataclass(frozen=True)
class Rule:
    """A test that is true of a bad row, with the words for what is wrong and its mend."""

    column: str
    breach: str
    fault: str
    mend: str


def row_rules(table: Table, types: dict[str, str], latest: date) -> Iterator[Rule]:
    """Yield the rules that one row can break by itself.

    Parameters
    ----------
    table : Table
        The table being read.
    types : dict of str to str
        File type of each of its columns that the file has.
    latest : date
        The latest event date that is believed.
    """
    for column in table.columns:
        file_type = types.get(column.name)
        if file_type is None:
            continue
        if column.required:
            yield _filled(column)
        if file_type == NULL_TYPE:
            continue
        yield from _by_kind(column, file_type, latest)
    if table.name == "invoices":
        yield Rule(
            "due_on",
            '"due_on" < "issued_on"',
            "is due before it is issued",
            "Correct due_on or issued_on",
        )


def _by_kind(column: Column, file_type: str, latest: date) -> Iterator[Rule]:
    if column.kind == "id":
        yield _identifier(column)
    elif column.kind == "code":
        yield _word(column)
    elif column.kind == "date":
        yield from _day(column, file_type, latest)
    elif column.kind in ("money", "number", "score"):
        yield from _number(column, file_type)


def _filled(column: Column) -> Rule:
    return Rule(
        column.name, f'"{column.name}" IS NULL', "is empty but required", "Fill it, or drop the row"
    )


def _identifier(column: Column) -> Rule:
    name = f'"{column.name}"'
    breach = f"length({name}) NOT BETWEEN 1 AND {LONGEST_ID} OR contains({name}, chr(0))"
    return Rule(
        column.name,
        breach,
        f"is not an identifier of 1 to {LONGEST_ID} characters without NUL",
        "Shorten or correct it",
    )


def _word(column: Column) -> Rule:
    words = ", ".join(f"'{code}'" for code in column.codes)
    return Rule(
        column.name,
        f'"{column.name}" NOT IN ({words})',
        "is not a known word",
        f"Use one of {', '.join(column.codes)}",
    )


def _day(column: Column, file_type: str, latest: date) -> Iterator[Rule]:
    name = f'"{column.name}"'
    if file_type != "DATE":
        yield Rule(
            column.name,
            f"{name} <> date_trunc('day', {name})",
            "carries a time of day",
            "Store the day alone, or midnight",
        )
    first = EARLIEST_REGISTRATION if column.name == "registered_on" else EARLIEST_EVENT
    breach = f"CAST({name} AS DATE) < DATE '{first}'"
    span = f"before {first}"
    if column.name not in _OPEN_ENDED:
        breach += f" OR CAST({name} AS DATE) > DATE '{latest.isoformat()}'"
        span = f"outside {first} to {latest.isoformat()}"
    yield Rule(column.name, breach, f"lies {span}", "Correct the date, or leave an unknown one out")


def _number(column: Column, file_type: str) -> Iterator[Rule]:
    value = f'CAST("{column.name}" AS DOUBLE)'
    if file_type in ("FLOAT", "DOUBLE"):
        yield Rule(
            column.name,
            f"NOT isfinite({value})",
            "is not a finite number",
            "Write the number, or leave an unknown one empty",
        )
    if column.kind == "money":
        yield Rule(
            column.name,
            f"isfinite({value}) AND abs({value}) > {LARGEST_AMOUNT}",
            "is beyond 10^15",
            "Check the unit: amounts are in whole units of the currency, with two places",
        )
    if column.kind == "score":
        yield Rule(
            column.name,
            f"isfinite({value}) AND {value} NOT BETWEEN 0 AND 100",
            "is not a score from 0 to 100",
            "Bring the score to the scale 0 to 100, higher is better",
        )
    if column.name == "rate":
        yield Rule(column.name, f"{value} <= 0", "is not a rate above zero", "Write units per unit")
