"""A ledger opened by another process says the same as one opened here."""

import sys
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from features.catalogue import FEATURE_NAMES
from features.errors import LedgerError, UnavailableError
from features.evidence import evidence_rows
from features.ledger import prepared
from features.ledger.open import open_ledger
from features.ledger.prepared import open_prepared_ledger
from features.ledger.simulate import simulate
from features.snapshot import all_pairs, snapshots

DAY = date(2025, 12, 31)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("it's") / "ledger"
    simulate(60, 24, 3, folder)
    return folder


def test_features_evidence_and_facts_are_the_same(ledger: Path) -> None:
    with open_ledger(ledger) as one, open_prepared_ledger(ledger) as other:
        assert all_pairs(one, [DAY])[0] == all_pairs(other, [DAY])[0]
        here, there = (snapshots(opened, all_pairs(opened, [DAY])) for opened in (one, other))
        np.testing.assert_array_equal(here.values, there.values)
        keys = [(customer, DAY) for customer in here.customer_ids[:10]]
        for feature in FEATURE_NAMES:
            assert evidence_rows(one, feature, keys, at_most=5) == evidence_rows(
                other, feature, keys, at_most=5
            )
        for name in ("currency", "fingerprint", "first_day", "last_day", "read_on", "files"):
            assert getattr(one, name) == getattr(other, name), name
        assert one.notes() == other.notes()


def test_what_is_told_is_of_the_files_that_were_opened(ledger: Path, tmp_path: Path) -> None:
    with open_prepared_ledger(ledger) as opened:
        before = opened.fingerprint
        path = ledger / "contracts.parquet"
        content = path.read_bytes()
        path.unlink()
        try:
            assert opened.fingerprint == before
            assert opened.has("contracts")
        finally:
            path.write_bytes(content)


def test_a_ledger_that_breaks_a_rule_is_refused_in_the_same_words(tmp_path: Path) -> None:
    with pytest.raises(LedgerError) as here, open_ledger(tmp_path / "none"):
        pass
    with pytest.raises(LedgerError) as there, open_prepared_ledger(tmp_path / "none"):
        pass
    assert str(here.value) == str(there.value)


def test_a_process_that_dies_is_told(
    ledger: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dying = tmp_path / "python"
    dying.write_text("#!/bin/sh\necho out of memory >&2\nexit 137\n")
    dying.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(dying))
    with (
        pytest.raises(UnavailableError, match="out of memory"),
        open_prepared_ledger(ledger),
    ):
        pass


def test_nothing_can_be_written(ledger: Path) -> None:
    with (
        open_prepared_ledger(ledger) as opened,
        pytest.raises(Exception, match="read-only"),
    ):
        opened.connection.execute("DELETE FROM led_invoices")


def test_usage_is_three_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = prepared.main([str(tmp_path / "none"), str(tmp_path), "CNY"])
    assert code == LedgerError.exit_code
    assert "There is no ledger" in capsys.readouterr().err
