"""What a bundle keeps about its own error."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from features.errors import ModelError
from models.bundle import Bundle, bundle_contents, load_bundle, read_bundle, write_bundle
from models.sureness.curve import SURENESS as FILE
from models.sureness.curve import ErrorCurve, read_sureness, sureness_bytes
from tests.models.bundles import bundle_parts
from tests.models.sureness.conftest import SURENESS


def test_the_error_between_two_levels_is_between_theirs_and_beyond_them_constant() -> None:
    curve = ErrorCurve(np.array([-4.0, -2.0]), np.array([0.2, 0.4]))
    assert curve.at(-3) == pytest.approx(0.3)
    assert curve.at(-9) == 0.2
    assert curve.at(5) == 0.4


def test_donors_are_those_that_looked_most_alike() -> None:
    donors = SURENESS.donors["own_score"]
    found = donors.nearest(-6.0, 3)
    np.testing.assert_array_equal(found, donors.values[:3])
    assert len(donors.nearest(0.0, 500)) == len(donors.values)


def test_what_is_written_is_read_back(sure: Bundle) -> None:
    assert sure.sureness is not None
    assert sureness_bytes(sure.sureness) == sureness_bytes(SURENESS)
    np.testing.assert_array_equal(sure.sureness.error.sd, SURENESS.error.sd)


def test_a_bundle_without_it_is_read_as_before(tmp_path: Path) -> None:
    bundle = load_bundle(write_bundle(tmp_path, bundle_parts()))
    assert bundle.sureness is None
    assert FILE not in bundle.files


def test_a_bundle_that_lost_or_gained_it_is_refused(tmp_path: Path) -> None:
    with_it = bundle_contents(write_bundle(tmp_path, replace(bundle_parts(), sureness=SURENESS)))
    without = bundle_contents(write_bundle(tmp_path, bundle_parts()))
    with pytest.raises(ModelError, match=f"not whole: {FILE} is missing"):
        read_bundle({k: v for k, v in with_it.items() if k != FILE}, source="here")
    with pytest.raises(ModelError, match=f"{FILE} does not match its hash"):
        read_bundle(without | {FILE: with_it[FILE]}, source="here")
    with pytest.raises(ModelError, match=f"{FILE} does not match its hash"):
        read_bundle(with_it | {FILE: with_it[FILE] + b" "}, source="here")


def test_facts_that_this_installation_does_not_have_are_left_out() -> None:
    document = json.loads(sureness_bytes(SURENESS))
    document["donors"]["horoscope"] = document["donors"].pop("litigation")
    document["donors"]["own_score"]["features"].reverse()
    assert read_sureness(json.dumps(document).encode()).donors == {}


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.pop("error"),
        lambda d: d["error"]["sd"].pop(),
        lambda d: d["error"]["log_odds"].reverse(),
        lambda d: d["error"].update(sd=[-1.0] * 4),
        lambda d: d["donors"]["own_score"]["values"].pop(),
        lambda d: d["donors"].update(own_score=3),
    ],
)
def test_what_training_would_not_write_is_refused(change) -> None:
    document = json.loads(sureness_bytes(SURENESS))
    change(document)
    with pytest.raises(ModelError, match="not what training writes"):
        read_sureness(json.dumps(document).encode())


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(ModelError, match="not what training writes"):
        read_sureness(b"")


def test_no_donors_are_fine() -> None:
    assert read_sureness(sureness_bytes(replace(SURENESS, donors={}))).donors == {}
