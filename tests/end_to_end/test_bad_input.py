"""Bad input: every command refuses it with exit 3, tells where and the mend, and leaves nothing.

``check`` tells the same as problems of its page; all others print nothing on standard output.
"""

import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from features.errors import LedgerError
from tests.features.ledger.raw import REQUIRED, plain, write_tables
from tests.models.bundles import bundle_in, bundle_parts
from tradegrade.cli import cli
from training.runs import BUNDLES, set_champion

AS_OF = "2025-06-30"
Spoil = Callable[[Path], object]
LONG = "i" * 10_000


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a workspace with a champion."""
    folder = tmp_path_factory.mktemp("bad-input") / "home"
    bundle = bundle_in(folder / BUNDLES, bundle_parts(horizon_days=180))
    set_champion(folder, bundle.model_version)
    return folder


def invoices(**columns: object) -> Spoil:
    return lambda folder: write_tables(folder, invoices=plain("invoices", **columns))


def without(*tables: str) -> Spoil:
    def spoil(folder: Path) -> None:
        for name in tables:
            (folder / f"{name}.parquet").unlink()

    return spoil


def cut(folder: Path) -> None:
    file = folder / "invoices.parquet"
    file.write_bytes(file.read_bytes()[:-200])


def damage_a_page(folder: Path) -> None:
    """Damage the pages of a column that no rule asks for; the footer stays sound."""
    invoices(currency=["CNY", "CNY"])(folder)
    file = folder / "invoices.parquet"
    group = pq.ParquetFile(file).metadata.row_group(0)
    columns = [group.column(place) for place in range(group.num_columns)]
    column = next(one for one in columns if one.path_in_schema == "currency")
    first = column.dictionary_page_offset or column.data_page_offset
    content = bytearray(file.read_bytes())
    content[first : first + column.total_compressed_size] = b"\xff" * column.total_compressed_size
    file.write_bytes(bytes(content))


def csv_under_another_name(folder: Path) -> None:
    (folder / "invoices.parquet").write_text("invoice_id,customer_id\ni1,c1\n", encoding="utf-8")


def empty_folder_of(table: str) -> Spoil:
    def spoil(folder: Path) -> None:
        (folder / f"{table}.parquet").unlink(missing_ok=True)
        (folder / table).mkdir()

    return spoil


def folder_for_a_file(folder: Path) -> None:
    (folder / "invoices.parquet").unlink()
    (folder / "invoices.parquet").mkdir()


def text_of_bytes(first: bytes) -> pa.Array:
    """Return a text column whose first value is these bytes, be they UTF-8 or not."""
    ends = np.array([0, len(first), len(first) + 2], dtype=np.int32)
    return pa.Array.from_buffers(
        pa.string(), 2, [None, pa.py_buffer(ends), pa.py_buffer(first + b"i2")]
    )


def many_large(folder: Path) -> None:
    rows = {name: [value] * 100 for name, (value, *_) in plain("invoices").to_pydict().items()}
    rows |= {"invoice_id": [f"i{k}" for k in range(100)], "amount": [1e15] * 100}
    write_tables(folder, invoices=pa.table(rows))


ROW_1 = r"row 1 of invoices\.parquet \(i1\)"
CASES: dict[str, tuple[Spoil, str]] = {
    "an amount beyond 10^15": (
        invoices(amount=[10**15 + 1, 1]),
        rf"Table invoices, column amount: .*{ROW_1}: 1000000000000001\. Check the unit",
    ),
    "amounts whose sum leaves the integers": (
        many_large,
        r"Table invoices, column amount: the amounts add up to 1e\+17 in invoices\.parquet.*Check",
    ),
    "an amount that is not a number": (
        invoices(amount=[float("nan"), 1.0]),
        rf"Table invoices, column amount: .*not a finite number.*{ROW_1}: nan\. Write the number",
    ),
    "an infinite amount": (
        invoices(amount=[float("inf"), 1.0]),
        rf"Table invoices, column amount: .*{ROW_1}: inf\. Write the number",
    ),
    "a date in 1900": (
        invoices(issued_on=[date(1900, 1, 1), date(2025, 1, 2)]),
        rf"Table invoices, column issued_on: .*outside 1990-01-01 to .*{ROW_1}: 1900-01-01\. Corr",
    ),
    "a date in 2999": (
        invoices(due_on=[date(2999, 1, 1), date(2025, 2, 1)]),
        rf"Table invoices, column due_on: .*{ROW_1}: 2999-01-01\. Correct the date",
    ),
    "dates as text": (
        invoices(issued_on=["2025-01-01", "2025-01-02"]),
        r"Table invoices, column issued_on: the file invoices\.parquet holds VARCHAR.*"
        r"row 1: 2025-01-01.*Store it as a date",
    ),
    "an id with a NUL": (
        invoices(invoice_id=["i\0", "i2"]),
        r"Table invoices, column invoice_id: .*row 1 of invoices\.parquet \(i\\0\).*Shorten or",
    ),
    "an id of ten thousand characters": (
        invoices(invoice_id=[LONG, "i2"]),
        r"Table invoices, column invoice_id: .*row 1 of invoices\.parquet \(i{37}…\).*Shorten or",
    ),
    "an id that is no UTF-8": (
        invoices(invoice_id=text_of_bytes(b"\xff\xfe")),
        r"Table invoices, column invoice_id: the rows cannot be read from invoices\.parquet.*Write",
    ),
    "a lone surrogate": (
        invoices(currency=text_of_bytes(b"\xed\xa0\x80")),
        r"Table invoices, column currency: the rows cannot be read from invoices\.parquet.*Write",
    ),
    "an unknown customer": (
        invoices(customer_id=["c9", "c1"]),
        r"Table invoices, column customer_id: .*row 1 of invoices\.parquet: c9\. Add the customer",
    ),
    "one id twice": (
        invoices(invoice_id=["i1", "i1"], issued_on=[date(2025, 1, 1)] * 2),
        rf"Table invoices, column invoice_id: .*{ROW_1}: known on 2025-01-01; row 2.*Give the corr",
    ),
    "a required column that is missing": (
        lambda folder: write_tables(folder, invoices=plain("invoices").drop_columns(["amount"])),
        r"Table invoices lacks the required column amount in invoices\.parquet\..*Rename or add",
    ),
    "a file cut off": (
        cut,
        r"Table invoices: invoices\.parquet is not a readable Parquet file.*Write the file again",
    ),
    "a damaged page under a sound footer": (
        damage_a_page,
        r"Table invoices, column currency: the rows cannot be read from invoices\.parquet.*Write",
    ),
    "a CSV called .parquet": (
        csv_under_another_name,
        r"Table invoices: invoices\.parquet is not a readable Parquet file.*Write the file again",
    ),
    "a required table without files": (
        empty_folder_of("invoices"),
        r"The folder invoices/ of the ledger .* holds no Parquet file\. Add invoices\.parquet",
    ),
    "another table without files": (
        empty_folder_of("orders"),
        r"The folder orders/ of the ledger .* holds no Parquet file\. Add orders\.parquet",
    ),
    "a folder in place of a file": (
        folder_for_a_file,
        r"The table invoices is a folder called invoices\.parquet in .*Add invoices\.parquet, or",
    ),
    "an empty folder": (
        without("customers", "invoices", "payments"),
        r"(?s)lacks the table customers\. Add.*lacks the table invoices\..*the table payments\. Ad",
    ),
}


@pytest.mark.parametrize(("spoil", "told"), CASES.values(), ids=CASES)
def test_bad_input_is_refused_by_every_command(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: Spoil, told: str
) -> None:
    monkeypatch.setenv("TRADEGRADE_HOME", str(home))
    ledger = spoiled(tmp_path, spoil)
    out = tmp_path / "out"
    out.mkdir()
    for result in (
        run("features", "--ledger", ledger, "--as-of", AS_OF, "--out", out / "features.parquet"),
        run("grade", "--ledger", ledger, "--as-of", AS_OF, "--out", out / "grades.csv", "--json"),
        run("export", "--ledger", ledger, "--out", out / "exported"),
    ):
        assert result.exit_code == LedgerError.exit_code, result.output
        assert re.search(told, result.stderr)
        assert result.stdout == ""
        assert list(out.iterdir()) == []


@pytest.mark.parametrize(("spoil", "told"), CASES.values(), ids=CASES)
def test_bad_input_is_a_problem_of_the_check(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: Spoil, told: str
) -> None:
    monkeypatch.setenv("TRADEGRADE_HOME", str(home))
    result = run("check", "--ledger", spoiled(tmp_path, spoil), "--json")
    assert result.exit_code == LedgerError.exit_code
    page = json.loads(result.stdout)
    errors = [problem for problem in page["problems"] if problem["level"] == "error"]
    assert re.search(told, "\n".join(problem["message"] for problem in errors))
    assert {problem["table"] for problem in errors} <= {*REQUIRED, "orders"}


def test_a_currency_without_a_rate_is_refused_where_amounts_are_added(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRADEGRADE_HOME", str(home))
    ledger = spoiled(tmp_path, invoices(currency=["USD", "CNY"]))
    told = (
        rf"column currency: 1 row\(s\) in USD have no rate to CNY.*{ROW_1}\. Add a row to fx_rates"
    )
    asked = ("--ledger", ledger, "--as-of", AS_OF, "--out", tmp_path / "out.csv")
    for result in (run("features", *asked), run("grade", *asked)):
        assert (result.exit_code, result.stdout) == (LedgerError.exit_code, "")
        assert re.search(told, result.stderr)
        assert not (tmp_path / "out.csv").exists()
    checked = run("check", "--ledger", ledger, "--json")
    assert checked.exit_code == LedgerError.exit_code
    assert re.search(told, json.loads(checked.stdout)["problems"][0]["message"])
    # an export has amounts in their own currency and needs no rate
    assert run("export", "--ledger", ledger, "--out", tmp_path / "exported").exit_code == 0


def test_a_product_that_leaves_the_integers_is_refused_and_never_wrong(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRADEGRADE_HOME", str(home))
    ledger = spoiled(tmp_path, invoices(amount=[9.9e14, 1.0]))
    out = tmp_path / "out.parquet"
    result = run("features", "--ledger", ledger, "--as-of", AS_OF, "--out", out)
    assert (result.exit_code, result.stdout) == (LedgerError.exit_code, "")
    assert "too large" in result.stderr
    assert not out.exists()


def test_a_ledger_without_rows_has_nobody_to_grade(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRADEGRADE_HOME", str(home))
    nothing = {name: plain(name).slice(0, 0) for name in REQUIRED}
    ledger = spoiled(tmp_path, lambda folder: write_tables(folder, **nothing))
    out = tmp_path / "out.parquet"
    for command in ("features", "grade"):
        result = run(command, "--ledger", ledger, "--as-of", AS_OF, "--out", out)
        assert (result.exit_code, result.stdout) == (LedgerError.exit_code, "")
        assert re.search(r"No customer of .* was known .*\. Give a later --as-of", result.stderr)
        assert not out.exists()
    # it is sound all the same: present and empty
    assert run("check", "--ledger", ledger, "--json").exit_code == 0
    assert run("export", "--ledger", ledger, "--out", tmp_path / "exported").exit_code == 0


def spoiled(folder: Path, spoil: Spoil) -> Path:
    """Return a ledger that was sound before."""
    ledger = write_tables(folder / "ledger")
    spoil(ledger)
    return ledger


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])
