"""What commands write: formulas disarmed, numbers and nothing left as they are."""

from pathlib import Path

from tradegrade.output import write_csv


def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe(tmp_path: Path) -> None:
    row = {"id": '=HYPERLINK("x")', "plus": "+1", "number": -5.5, "none": None, "flag": True}
    write_csv(tmp_path / "f.csv", list(row), [row])
    assert (tmp_path / "f.csv").read_text().splitlines()[1] == (
        '"\'=HYPERLINK(""x"")",\'+1,-5.5,,true'
    )
