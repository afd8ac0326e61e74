"""DuckDB: the embedded engine."""

from features.render import Dialect

DUCKDB = Dialect(
    double="DOUBLE",
    median=lambda value: f"MEDIAN({value})",
    floor_divide=lambda value, divisor: f"({value} // {divisor})",
)
