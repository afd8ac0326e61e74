"""The benchmarks run to their end at a tiny size and write what they measured; no timings here."""

import shutil
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks.__main__ import benchmarks
from benchmarks.fitting import BARE, LIMIT, OURS, fit_times, grown
from benchmarks.load import load, request_bytes
from benchmarks.millions import CHANGES, CONTRIB, GRADED, LEVELS, millions_section
from benchmarks.pandas_way import NAMES
from benchmarks.results import Section, Table, page
from benchmarks.servers import free_port, running
from benchmarks.service import EXPLAINED, GRADE, HELLO, SCORE, Workspace, served_figures
from benchmarks.timing import interleaved
from features.catalogue import FEATURE_NAMES
from tests.conftest import Trained
from training.runs import bundle_folder
from training.windows import CALIBRATE, FIT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> str:
    out = tmp_path_factory.mktemp("bench") / "RESULTS.md"
    size = ["--customers", "60", "--months", "12", "--rounds", "1", "--rows", "6", "--seconds", "0"]
    left_out = ["--scale-customers", "0", "--training", "0"]  # have tests of their own
    result = CliRunner().invoke(benchmarks, [*size, *left_out, "--out", str(out)])
    assert result.exit_code == 0, result.output
    return out.read_text(encoding="utf-8")


def test_the_page_says_machine_date_size_and_how_far_to_trust_it(results: str):
    assert "60 customers × 12 months, seed 7" in results
    assert "medians of 1 interleaved rounds" in results
    assert "cores" in results
    assert "trust the ratios" in results


def test_every_peer_has_its_line(results: str):
    ours = ("tables of the reference (ours)", "pair kernel, pair by pair (ours)")
    for way in ("bare DuckDB scan", "pandas: a loop", *ours, "shap", "pred_contrib"):
        assert f"\n| {way}" in results or f" {way}" in results


def test_the_share_of_equal_values_is_told(results: str):
    assert "Of the values of both ways" in results
    for name in NAMES:
        assert f"{name} " in results


def test_both_kernels_add_up_to_the_difference_of_the_log_odds(results: str):
    sentence = next(
        line for line in results.splitlines() if "must add up to the difference" in line
    )
    ours = float(sentence.split("by at most ")[1].split(" (ours)")[0])
    assert ours < 1e-9


def test_one_customer_looked_up_has_the_values_of_the_batch(results: str):
    assert "100.0% of the values looked up are those of the batch, bit for bit" in results
    assert "| looked up in a prepared ledger's index (ours)" in results
    assert "| × the first | p99 |" in results


def test_customers_whose_rows_say_everything_get_equal_features(results: str):
    sentences = [line for line in results.splitlines() if "customers that have none" in line]
    assert all("100.00% of the values are equal" in line for line in sentences)


def test_rounds_are_interleaved_and_turn_round():
    order: list[str] = []
    ways = {name: lambda name=name: order.append(name) for name in "ab"}
    times = interleaved(ways, rounds=2, note=lambda _: None)
    assert "".join(order) == "ab" + "ab" + "ba"
    assert [len(seconds) for seconds in times.values()] == [2, 2]


def test_a_table_tells_medians_ranges_and_ratios_within_the_rounds():
    table = Table("Two ways.", {"ours": [1.0, 2.0, 3.0], "theirs": [8.0, 4.0, 6.0]}, per=2)
    text = page([Section("Title", [table], ["note"])], size="s", rounds=3)
    assert "| ours | 1 s | 500 ms – 1.5 s | 1 |" in text
    assert "| theirs | 3 s | 2 s – 4 s | 2 |" in text


def test_the_pandas_way_computes_features_of_the_catalogue():
    assert set(NAMES) <= set(FEATURE_NAMES)


def test_the_results_at_the_default_size_are_kept():
    kept = (Path(__file__).parents[2] / "benchmarks" / "RESULTS.md").read_text(encoding="utf-8")
    assert "2,000 customers × 36 months" in kept


def test_the_service_is_measured_beside_a_hello(trained: Trained, tmp_path: Path):
    home = tmp_path / "home"
    shutil.copytree(trained.home, home)
    workspace = Workspace(home, trained.ledger, trained.result.model_version)
    found = served_figures(workspace, rounds=1, seconds=0.2, note=lambda _: None, with_mlflow=False)
    assert list(found.tables[0].times) == [HELLO, GRADE, SCORE, EXPLAINED]
    assert all(seconds > 0 for way in found.tables[0].times.values() for seconds in way)
    told = "\n".join(found.notes)
    assert "MiB once ready" in told
    assert "ours answers /readyz after" in told


def test_a_sample_of_the_million_is_measured_and_written(trained: Trained):
    bundle = bundle_folder(trained.home, trained.result.model_version)
    found = millions_section(trained.ledger, bundle, rows=40, rounds=1, note=lambda _: None)
    changes, levels, graded = found.tables
    assert list(changes.times) == [CHANGES]
    assert list(levels.times) == [LEVELS, CONTRIB]
    assert list(graded.times) == [GRADED]
    assert graded.more["peak memory"][GRADED].endswith(" MiB")
    told = page([found], size="s", rounds=1)
    assert "## 40 at once" in told
    assert "| limit | of the limit |" in told


def test_both_ways_of_training_give_the_same_trees(trained: Trained):
    dataset, config = trained.result.dataset, trained.config
    fit, calibrate = dataset.part(FIT), dataset.part(CALIBRATE)
    few = replace(config, model=replace(config.model, trees=3))
    found = fit_times(fit, calibrate, few, rows=len(fit) + 7, rounds=1, note=lambda _: None)
    assert [list(table.times) for table in found.tables] == [[BARE, OURS]] * 2
    told = page([found], size="s", rounds=1)
    assert told.count("the same trees, byte for byte") == 2
    assert told.count("DIFFERENT") == 0
    assert f"Limit: {LIMIT} times bare LightGBM" in told
    assert "| CPU |" in told


def test_grown_rows_are_other_customers_and_what_is_whole_stays(trained: Trained):
    fit = trained.result.dataset.part(FIT)
    more = grown(fit, 2 * len(fit))
    assert len(set(more.snapshots.customer_ids)) == 2 * len(set(fit.snapshots.customer_ids))
    for name, same in (("invoice_count_365d", True), ("invoice_amount_365d", False)):
        column = fit.snapshots.column(name)
        assert np.array_equal(more.snapshots.column(name)[: len(fit)], column, True) == same


def test_an_answer_that_is_not_200_stops_the_load():
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.hello", str(port)]
    with running(command, port, answers=["/hello"], environment={}):
        assert load(port, request_bytes("GET", "/hello"), 0.05).per_second > 0
        with pytest.raises(RuntimeError, match="404"):
            load(port, request_bytes("GET", "/nothing"), 0.05)
