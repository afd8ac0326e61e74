"""How the column types of a file become the ledger's own: day numbers, minor units, text."""

from __future__ import annotations

from features.ledger.tables import Column

_WHOLE = frozenset(
    "TINYINT SMALLINT INTEGER BIGINT HUGEINT UTINYINT USMALLINT UINTEGER UBIGINT UHUGEINT".split()
)
_REAL = frozenset({"FLOAT", "DOUBLE"})
_DATES = frozenset({"DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"})
NULL_TYPE = '"NULL"'

KIND_WORDS = {
    "id": "an identifier",
    "text": "a text",
    "code": "a code word",
    "date": "a date",
    "money": "an amount",
    "number": "a number",
    "score": "a score",
}
_MENDS = {
    "id": "Store identifiers as text, so that leading zeros survive",
    "text": "Store it as text",
    "code": "Store it as text",
    "date": "Store it as a date, or as a timestamp at midnight without a time zone",
    "money": "Store it as an integer, float or decimal number",
    "number": "Store it as an integer, float or decimal number",
    "score": "Store it as an integer, float or decimal number",
}


def fits(column: Column, file_type: str) -> bool:
    """Tell whether a file's column type can hold this column."""
    if file_type == NULL_TYPE:
        return True
    if column.kind in ("id", "text", "code"):
        return file_type == "VARCHAR" or file_type.startswith("ENUM")
    if column.kind == "date":
        return file_type in _DATES
    return is_number(file_type)


def is_number(file_type: str) -> bool:
    """Tell whether a file's column type is a number's."""
    return file_type in _WHOLE | _REAL or file_type.startswith("DECIMAL")


def mend_of_type(column: Column) -> str:
    """Return what to do about a column of a wrong type."""
    return _MENDS[column.kind]


def own_type(column: Column) -> str:
    """Return the type in which the ledger keeps a column."""
    return {"date": "INTEGER", "money": "BIGINT", "score": "BIGINT", "number": "DOUBLE"}.get(
        column.kind, "VARCHAR"
    )


def cast(column: Column, file_type: str) -> str:
    """Return the SQL that turns a file's column into the ledger's own type.

    Dates become day numbers since 1970-01-01, money becomes minor units (half-even to
    two places), scores become ten-thousandths of a point.
    """
    name = f'"{column.name}"'
    if file_type == NULL_TYPE:
        return f"CAST(NULL AS {own_type(column)})"
    if column.kind == "date":
        return f"CAST(CAST({name} AS DATE) - DATE '1970-01-01' AS INTEGER)"
    if column.kind == "money":
        return f"CAST({scaled(name, file_type, 2)} AS BIGINT)"
    if column.kind == "score":
        return f"CAST({scaled(name, file_type, 4)} AS BIGINT)"
    return f"CAST({name} AS {own_type(column)})"


def scaled(name: str, file_type: str, places: int) -> str:
    """Return the SQL of a number times 10^places, rounded half-even as it is written.

    A float is read as its shortest decimal, so 10.015 is a tie and 10.02 its half-even
    value; the quick branch takes the numbers that already have few places.
    """
    factor = 10**places
    if file_type in _WHOLE:
        return f"CAST({name} AS HUGEINT) * {factor}"
    if file_type.startswith("DECIMAL"):
        return f"round_even(CAST({name} AS DECIMAL(38, 10)), {places}) * {factor}"
    value = f"CAST({name} AS DOUBLE)"
    exact = f"CAST(CAST({value} AS VARCHAR) AS DECIMAL(38, 14))"
    return (
        f"CASE WHEN abs({value} * {factor} - round({value} * {factor})) < 1e-6 "
        f"THEN CAST(round({value} * {factor}) AS HUGEINT) "
        f"ELSE CAST(round_even({exact}, {places}) * {factor} AS HUGEINT) END"
    )


def is_rounded(column: Column, file_type: str) -> str | None:
    """Return the test that a money value has more than two places, or None if it cannot."""
    if column.kind != "money" or file_type in _WHOLE or file_type == NULL_TYPE:
        return None
    value = f'CAST("{column.name}" AS DOUBLE) * 100'
    return f"abs({value} - round({value})) >= 1e-6"
