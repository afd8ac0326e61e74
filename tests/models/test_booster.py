"""LightGBM's C library gives what its Python package gives, bit for bit, and is not imported."""

import gc
import subprocess
import sys
import textwrap
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import lightgbm
import numpy as np
import pytest

import models.booster
from features.catalogue import FEATURE_NAMES
from features.errors import ModelError
from features.matrix import Floats
from models.booster import Booster, library_path
from models.bundle import write_bundle
from tests.models.bundles import bundle_parts, model_text, random_snapshots

ROWS = random_snapshots(2_500, seed=90).values
ROOT = Path(__file__).parents[2]


def expected(values: Floats, text: str | None = None) -> list[float]:
    booster = lightgbm.Booster(model_str=text or model_text())
    return [float(margin) for margin in booster.predict(values, raw_score=True)]


def alone(booster: Booster, values: Floats) -> list[float]:
    return [float(booster.margins(values[i : i + 1])[0]) for i in range(len(values))]


def test_margins_of_a_batch_are_lightgbms_bit_for_bit():
    assert np.isnan(ROWS).any()
    assert Booster(model_text()).margins(ROWS).tolist() == expected(ROWS)


def test_margins_of_few_rows_are_those_of_many():
    booster = Booster(model_text())
    assert booster.margins(ROWS[:40]).tolist() == booster.margins(ROWS)[:40].tolist()


def test_margins_of_rows_one_by_one_are_lightgbms_bit_for_bit():
    assert alone(Booster(model_text()), ROWS[:500]) == expected(ROWS[:500])


def test_zero_huge_and_infinite_values_go_where_lightgbm_sends_them():
    values = ROWS[:200].copy()
    kinds = np.random.default_rng(0).integers(0, 9, values.shape)
    for kind, value in enumerate((0.0, -0.0, 1e308, -1e308, np.inf, -np.inf, np.nan)):
        values[kinds == kind] = value
    booster = Booster(model_text())
    assert booster.margins(values).tolist() == expected(values) == alone(booster, values)


def test_rows_that_do_not_lie_together_in_memory_are_read_right():
    booster = Booster(model_text())
    turned = np.asfortranarray(ROWS)
    assert booster.margins(turned).tolist() == expected(ROWS)
    assert booster.margins(ROWS[::7]).tolist() == expected(ROWS[::7])
    assert alone(booster, turned[:50]) == expected(ROWS[:50])


def test_threads_do_not_mix_up_their_rows():
    booster, wanted = Booster(model_text()), expected(ROWS[:400])

    def graded(_: int) -> bool:
        return alone(booster, ROWS[:400]) == wanted == booster.margins(ROWS[:400]).tolist()

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(graded, range(24)))


def test_two_models_at_once_stay_apart():
    texts = [model_text(seed=seed) for seed in (0, 1)]
    boosters = [Booster(text) for text in texts]
    for place in range(30):
        row = ROWS[place : place + 1]
        for booster, text in zip(boosters, texts, strict=True):
            assert booster.margins(row).tolist() == expected(row, text)


def test_no_rows_have_no_margins():
    assert Booster(model_text()).margins(np.empty((0, len(FEATURE_NAMES)))).shape == (0,)


def test_rows_of_another_number_of_features_are_refused():
    booster = Booster(model_text())
    assert booster.features == len(FEATURE_NAMES)
    for values in (ROWS[:, 1:], ROWS[:1, 1:], ROWS[0]):
        with pytest.raises(ModelError, match=f"takes rows of {len(FEATURE_NAMES)} features"):
            booster.margins(values)


def test_a_text_that_is_no_model_is_refused_in_the_librarys_words(capfd: pytest.CaptureFixture):
    with pytest.raises(ModelError, match=r"refuses the model \(.+\)\. Fetch .* train anew"):
        Booster("no model")


def test_nothing_is_logged(capfd: pytest.CaptureFixture):
    booster = Booster(model_text())
    booster.margins(ROWS)
    booster.margins(ROWS[:1])
    assert capfd.readouterr() == ("", "")


def test_a_booster_that_nobody_holds_is_freed():
    booster = Booster(model_text())
    held, seen = booster._held, weakref.ref(booster)
    assert len(held) == 2
    del booster
    gc.collect()
    assert seen() is None
    assert held == []


@pytest.mark.parametrize(
    ("fault", "mend"),
    [
        ("libgomp.so.1: cannot open shared object file", "apt-get install libgomp1"),
        ("file too short", "Install the package lightgbm again"),
    ],
)
def test_a_library_that_cannot_be_loaded_says_the_mend(fault: str, mend: str):
    def failing(_: str) -> None:
        raise OSError(fault)

    with pytest.raises(ModelError, match=f"cannot be loaded .*{mend}"):
        models.booster._opened(failing)


def test_a_missing_package_or_library_says_the_mend(monkeypatch: pytest.MonkeyPatch):
    assert library_path().is_file()
    monkeypatch.setitem(models.booster._LIBRARIES, sys.platform, "nothing.so")
    with pytest.raises(ModelError, match=r"lacks nothing\.so. Install lightgbm again"):
        library_path()
    monkeypatch.setattr(models.booster, "find_spec", lambda _: None)
    with pytest.raises(ModelError, match="lightgbm is not installed. Run `make setup`"):
        library_path()


def test_grading_and_explaining_import_nothing_heavy(tmp_path: Path):
    folder = write_bundle(tmp_path, bundle_parts())
    program = f"""
        import sys
        from pathlib import Path
        import numpy as np
        from features.catalogue import FEATURE_NAMES
        from features.matrix import Snapshots
        from models.bundle import load_bundle
        from models.document import grade_document
        from models.explain.drivers import explain
        from models.explain.reasons import reasons_of
        from models.grading import grade_snapshots
        from models.policy.load import parse_policy
        bundle = load_bundle(Path({str(folder)!r}))
        policy = parse_policy(bundle.policy)
        day = np.array(["2025-06-30"], dtype="datetime64[D]")
        row = Snapshots(("c1",), day, FEATURE_NAMES, np.full((1, len(FEATURE_NAMES)), 1.0))
        gradings = grade_snapshots(row, bundle, policy)
        explanations = explain(row, gradings, bundle, policy)
        reasons = reasons_of(explanations, policy, lambda *_: {{}})
        grade_document(gradings[0], reasons[0])
        heavy = {{"lightgbm", "pandas", "sklearn", "scipy", "numba", "mlflow", "shap"}}
        print(sorted(heavy & set(sys.modules)))
    """
    found = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout == "[]\n"
