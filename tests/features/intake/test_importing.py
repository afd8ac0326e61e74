"""Imports as their user sees them: what is taken, what is told, and what stays."""

import json
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq
import pytest

from features.errors import LedgerError, UsageError
from features.intake.importing import Outcome, Request, import_facts
from features.ledger.export import export_ledger
from features.ledger.open import open_ledger
from features.ledger.quality import ledger_quality
from features.ledger.versions.manifest import FILES, read_manifest
from tests.drawn import features_of, invoice, payment, write_ledger

DAY = date(2025, 7, 15)
LATER = date(2025, 8, 20)
PAID = payment("P1", "2025-05-20", 100, invoice_id="I1")
I1 = invoice("I1", "2025-05-01", "2025-06-01", 100)
I2 = invoice("I2", "2025-05-01", "2025-06-01", 70)


def take(folder: Path, day: date = DAY, *, strict: bool = False, **tables: list) -> Outcome:
    """Import drawn tables into the ledger of a folder."""
    number = len(list(folder.glob("source-*")))
    source = write_ledger(folder / f"source-{number}", **tables)
    return import_facts(Request(source, folder / "ledger", strict=strict, day=day))


def csv(path: Path, text: str) -> Path:
    """Write a CSV file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def rejects(outcome: Outcome) -> list[dict]:
    """Return the rejected rows that an import told."""
    assert outcome.rejects is not None
    return pc.read_csv(outcome.rejects).to_pylist()


def test_an_imported_ledger_gives_the_features_of_its_files(tmp_path: Path) -> None:
    take(tmp_path, invoices=[I1, I2], payments=[PAID])
    plain = features_of(tmp_path / "source-0", "2025-07-01")
    assert features_of(tmp_path / "ledger", "2025-07-01") == pytest.approx(plain, nan_ok=True)


def test_the_same_import_again_makes_no_new_state(tmp_path: Path) -> None:
    take(tmp_path, invoices=[I1, I2], payments=[PAID])
    again = take(tmp_path, LATER, invoices=[I1, I2], payments=[PAID])
    assert again.number == 1
    assert again.tables["invoices"].unchanged == 2
    assert again.tables["invoices"].taken == 0


def test_a_changed_row_is_known_from_the_imports_day_and_not_before(tmp_path: Path) -> None:
    take(tmp_path, invoices=[I1, I2], payments=[PAID])
    outcome = take(tmp_path, LATER, invoices=[I1, I2 | {"amount": "90"}], payments=[PAID])
    assert outcome.tables["invoices"].corrections == 1
    ledger = tmp_path / "ledger"
    assert features_of(ledger, "2025-08-19")["open_balance"] == 70
    assert features_of(ledger, "2025-08-20")["open_balance"] == 90


def test_the_last_correction_of_a_day_stands_for_that_day(tmp_path: Path) -> None:
    take(tmp_path, invoices=[I1], payments=[])
    take(tmp_path, LATER, invoices=[I1 | {"amount": "90"}], payments=[])
    take(tmp_path, LATER, invoices=[I1 | {"amount": "80"}], payments=[])
    ledger = tmp_path / "ledger"
    assert features_of(ledger, "2025-08-19")["open_balance"] == 100
    assert features_of(ledger, "2025-08-20")["open_balance"] == 80


def test_what_an_earlier_file_said_can_come_back(tmp_path: Path) -> None:
    take(tmp_path, invoices=[I1], payments=[])
    take(tmp_path, LATER, invoices=[I1 | {"amount": "90"}], payments=[])
    back = take(tmp_path, date(2025, 9, 1), invoices=[I1], payments=[])
    assert back.tables["invoices"].corrections == 1
    ledger = tmp_path / "ledger"
    assert features_of(ledger, "2025-08-25")["open_balance"] == 90
    assert features_of(ledger, "2025-09-01")["open_balance"] == 100


def test_a_row_with_a_known_day_of_its_own_is_taken_as_it_says(tmp_path: Path) -> None:
    take(tmp_path, invoices=[I1], payments=[])
    outcome = take(
        tmp_path, LATER, invoices=[I1 | {"amount": "60", "known_on": "2025-07-20"}], payments=[]
    )
    assert outcome.tables["invoices"].versions == 1
    assert outcome.tables["invoices"].backdated == 1
    assert features_of(tmp_path / "ledger", "2025-07-20")["open_balance"] == 60
    assert features_of(tmp_path / "ledger", "2025-07-19")["open_balance"] == 100


def test_history_in_a_file_is_not_rewritten(tmp_path: Path) -> None:
    newer = I1 | {"amount": "60", "known_on": "2025-06-20"}
    take(tmp_path, invoices=[I1, newer], payments=[])
    outcome = take(tmp_path, LATER, invoices=[I1 | {"amount": "1"}, newer], payments=[])
    assert [row["reason"] for row in rejects(outcome)] == [
        "differs from what was known on its known day, and a later row of the same id is in the "
        "file. History is not rewritten: give the change a known_on of its own, or leave the row "
        "out."
    ]
    assert features_of(tmp_path / "ledger", "2025-06-19")["open_balance"] == 100


def test_a_payment_settles_an_invoice_of_an_earlier_import(tmp_path: Path) -> None:
    take(tmp_path, invoices=[I1, I2], payments=[])
    take(tmp_path, LATER, payments=[PAID | {"known_on": "2025-08-01"}])
    ledger = tmp_path / "ledger"
    assert features_of(ledger, "2025-07-31")["open_balance"] == 170
    assert features_of(ledger, "2025-08-01")["open_balance"] == 70


def test_bad_rows_are_told_and_good_ones_taken(tmp_path: Path) -> None:
    file = csv(
        tmp_path / "in" / "invoices.csv",
        "invoice_id,customer_id,issued_on,due_on,amount,colour\n"
        "I1,c1,2025-05-01,2025-06-01,100.50,red\n"
        "I2,c1,yesterday,2025-06-01,7,red\n"
        "I3,c1,2025-05-01,2025-04-01,7,red\n"
        "I4,nobody,2025-05-01,2025-06-01,7,red\n"
        'I5,c1,2025-05-01,2025-06-01,"1,000",red\n'
        ",c1,2025-05-01,2025-06-01,7,red\n"
        "I7,c1,2999-05-01,2999-06-01,7,red\n"
        "I8,c1,2025-05-01,2025-06-01,1e16,red\n"
        "I9,c1,2025-05-01,2025-06-01,=1+1,red\n",
    )
    csv(tmp_path / "in" / "customers.csv", "customer_id\nc1\n")
    csv(tmp_path / "in" / "payments.csv", "payment_id,customer_id,paid_on,amount\n")
    outcome = import_facts(Request(file.parent, tmp_path / "ledger", day=DAY))
    assert outcome.tables["invoices"].new == 1
    assert outcome.rejected == {"invoices": 8}
    assert outcome.ignored == {"invoices.csv": ("colour",)}
    found = {(r["row"], r["column"]): (r["value"], r["reason"]) for r in rejects(outcome)}
    assert found[2, "issued_on"] == (
        "yesterday",
        "is not a date. Write dates as 2025-12-31 and numbers with a point and no separators.",
    )
    assert found[3, "due_on"][1] == "is due before it is issued. Correct due_on or issued_on."
    assert found[4, "customer_id"][0] == "nobody"
    assert found[5, "amount"][0] == "1,000"
    assert (6, "invoice_id") in found
    assert {(7, "issued_on"), (7, "due_on"), (8, "amount")} <= set(found)
    assert found[9, "amount"][0] == "'=1+1"
    assert features_of(tmp_path / "ledger", "2025-07-01")["open_balance"] == 100.5


def test_strict_takes_all_or_none(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match=r"1 row\(s\) are bad.*\ninvoices.parquet, row 2, column"):
        take(tmp_path, strict=True, invoices=[I1, I2 | {"due_on": "2025-01-01"}], payments=[])
    assert not (tmp_path / "ledger" / "manifest.json").exists()
    assert not (tmp_path / "ledger" / "rejects").exists()


def test_rows_of_one_id_that_differ_are_rejected_and_equal_ones_count_once(tmp_path: Path) -> None:
    outcome = take(tmp_path, invoices=[I1, I1 | {"amount": "3"}, I2, I2], payments=[])
    assert outcome.tables["invoices"].new == 1
    assert [row["row"] for row in rejects(outcome)] == [1, 2]


def test_an_invoice_in_a_currency_without_a_rate_is_rejected(tmp_path: Path) -> None:
    outcome = take(
        tmp_path,
        invoices=[I1 | {"currency": "CNY"}, I2 | {"currency": "USD"}],
        payments=[],
        fx_rates=[{"currency": "USD", "published_on": "2025-05-02", "rate": 7}],
    )
    assert outcome.rejected == {"invoices": 1}
    assert rejects(outcome)[0]["value"] == "USD"


def test_a_rate_that_comes_later_converts_what_is_there(tmp_path: Path) -> None:
    rate = {"currency": "USD", "published_on": "2025-05-01", "rate": 7}
    rows = [I1 | {"currency": "CNY"}, I2 | {"currency": "USD"}]
    take(tmp_path, invoices=rows, payments=[], fx_rates=[rate])
    assert features_of(tmp_path / "ledger", "2025-07-01")["open_balance"] == 100 + 490
    take(tmp_path, LATER, fx_rates=[rate | {"rate": 8, "known_on": "2025-05-01"}])
    assert features_of(tmp_path / "ledger", "2025-07-01")["open_balance"] == 100 + 490


def test_amounts_of_more_places_are_rounded_and_counted(tmp_path: Path) -> None:
    folder = write_ledger(tmp_path / "in", customers=[{"customer_id": "c1"}])
    table = pa.table({k: [v] for k, v in I1.items() if k not in ("amount", "issued_on", "due_on")})
    table = table.append_column("amount", pa.array([10.005]))
    for day in ("issued_on", "due_on"):
        table = table.append_column(day, pa.array([date.fromisoformat(I1[day])]))
    pq.write_table(table, folder / "invoices.parquet")
    outcome = import_facts(Request(folder, tmp_path / "ledger", day=DAY))
    assert outcome.rounded == {"invoices": {"amount": 1}}
    with open_ledger(tmp_path / "ledger") as ledger:
        assert ledger.rounded == {"invoices": {"amount": 1}}


def test_one_file_is_imported_with_its_table_named(tmp_path: Path) -> None:
    take(tmp_path, invoices=[I1], payments=[])
    file = csv(tmp_path / "june.csv", "invoice_id,customer_id,issued_on,due_on,amount\n"
               "00012,c1,2025-06-01,2025-07-01,5\n")  # fmt: skip
    with pytest.raises(UsageError, match="june.csv does not tell which table it holds"):
        import_facts(Request(file, tmp_path / "ledger", day=LATER))
    outcome = import_facts(Request(file, tmp_path / "ledger", table="invoices", day=LATER))
    assert outcome.tables["invoices"].new == 1
    exported = export_ledger(tmp_path / "ledger", tmp_path / "out")
    assert exported.rows["invoices"] == 2
    ids = pq.read_table(tmp_path / "out" / "invoices.parquet")["invoice_id"].to_pylist()
    assert ids == ["00012", "I1"]


def test_export_and_import_again_give_the_current_facts(tmp_path: Path) -> None:
    take(tmp_path, invoices=[I1, I2], payments=[PAID])
    take(tmp_path, LATER, invoices=[I2 | {"amount": "90"}])
    export_ledger(tmp_path / "ledger", tmp_path / "out")
    import_facts(Request(tmp_path / "out", tmp_path / "second", day=LATER))
    for ledger in ("ledger", "out", "second"):
        assert features_of(tmp_path / ledger, "2025-08-20")["open_balance"] == 90


def test_a_folder_of_plain_files_is_not_turned_into_a_versioned_ledger(tmp_path: Path) -> None:
    source = write_ledger(tmp_path / "plain", invoices=[I1])
    with pytest.raises(UsageError, match="holds a ledger of plain files"):
        import_facts(Request(source, source, day=DAY))


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("invoices.parquet", b"PAR1 nothing", "invoices.parquet cannot be read"),
        ("invoices.csv", b"invoice_id\nI1\n", "lacks the required column customer_id"),
        ("invoices.csv", b"", "invoices.csv"),
        ("invoices.csv", b"invoice_id,customer_id\xff\xfe\n\x80", "invoices.csv"),
    ],
)
def test_a_file_that_cannot_be_read_leaves_no_ledger(
    tmp_path: Path, name: str, content: bytes, told: str
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / name).write_bytes(content)
    with pytest.raises(LedgerError, match=told):
        import_facts(Request(tmp_path / "in", tmp_path / "ledger", day=DAY))
    assert not (tmp_path / "ledger" / "manifest.json").exists()


def test_many_imports_are_written_together_and_old_files_go(tmp_path: Path) -> None:
    for number in range(12):
        take(tmp_path, invoices=[invoice(f"I{number}", "2025-05-01", "2025-06-01", 10)])
    take(tmp_path, payments=[PAID | {"invoice_id": "I3", "amount": "10"}])
    state = read_manifest(tmp_path / "ledger")
    assert len(state.imports) == 13
    assert len(state.tables["invoices"]) <= 8
    kept = {path.name for path in (tmp_path / "ledger" / FILES).iterdir()}
    assert kept == state.files() | state.dropped.keys()
    assert features_of(tmp_path / "ledger", "2025-07-15")["open_balance"] == 110


def test_a_state_that_is_read_stays_whole_while_another_is_imported(tmp_path: Path) -> None:
    take(tmp_path, invoices=[I1, I2], payments=[])
    with open_ledger(tmp_path / "ledger") as before:
        print_before = before.fingerprint
        take(tmp_path, LATER, invoices=[I2 | {"amount": "90"}], payments=[PAID])
        assert before.connection.execute("SELECT count(*) FROM led_payments").fetchall() == [(0,)]
        assert before.fingerprint == print_before
    with open_ledger(tmp_path / "ledger") as after:
        assert after.fingerprint != print_before


def test_a_ledger_without_a_required_table_says_what_to_import(tmp_path: Path) -> None:
    source = write_ledger(tmp_path / "in", invoices=[I1])
    import_facts(Request(source / "customers.parquet", tmp_path / "ledger", day=DAY))
    with (
        pytest.raises(LedgerError, match="lacks the table invoices. Import it"),
        open_ledger(tmp_path / "ledger"),
    ):
        pass


def test_a_damaged_manifest_and_a_missing_file_are_told(tmp_path: Path) -> None:
    take(tmp_path, invoices=[I1], payments=[])
    place = tmp_path / "ledger"
    lost = next(iter(read_manifest(place).files()))
    (place / FILES / lost).rename(tmp_path / "away")
    with pytest.raises(LedgerError, match=f"lacks 1 of its files, such as {lost}"):
        read_manifest(place)
    (tmp_path / "away").rename(place / FILES / lost)
    found = json.loads((place / "manifest.json").read_text())
    (place / "manifest.json").write_text(json.dumps(found | {"format": 2}))
    with pytest.raises(LedgerError, match="has the format 2, and this release reads 1"):
        read_manifest(place)
    (place / "manifest.json").write_text("{")
    with pytest.raises(LedgerError, match="is no manifest of a ledger"):
        read_manifest(place)


def test_a_manifest_names_no_file_outside_its_folder(tmp_path: Path) -> None:
    take(tmp_path, invoices=[I1], payments=[])
    place = tmp_path / "ledger" / "manifest.json"
    found = json.loads(place.read_text())
    found["items"][0]["rows"] = ["../../etc/passwd"]
    place.write_text(json.dumps(found))
    with pytest.raises(LedgerError, match="is not the name of a file"):
        read_manifest(tmp_path / "ledger")


def test_facts_of_other_settings_are_computed_anew(tmp_path: Path) -> None:
    take(tmp_path, invoices=[I1, I2], payments=[PAID])
    place = tmp_path / "ledger" / "manifest.json"
    found = json.loads(place.read_text())
    place.write_text(json.dumps(found | {"facts": "other"}))
    assert features_of(tmp_path / "ledger", "2025-07-01")["open_balance"] == 70
    assert take(tmp_path, invoices=[I1, I2], payments=[PAID]).number == 2


def test_the_quality_of_a_versioned_ledger_is_told(tmp_path: Path) -> None:
    take(tmp_path, invoices=[I1, I2], payments=[PAID])
    quality = ledger_quality(tmp_path / "ledger")
    assert {table.name: table.rows for table in quality.tables} == {
        "customers": 1, "invoices": 2, "payments": 1,
    }  # fmt: skip
    assert not quality.errors


def test_amounts_that_add_up_beyond_what_settlement_counts_in_are_refused(tmp_path: Path) -> None:
    large = [invoice(f"I{n}", "2025-05-01", "2025-06-01", 10**15) for n in range(50)]
    with pytest.raises(LedgerError, match=r"Table invoices, column amount: .* add up to 5e\+16"):
        take(tmp_path, invoices=large)
    assert not (tmp_path / "ledger" / "manifest.json").exists()
