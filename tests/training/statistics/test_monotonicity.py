import numpy as np

from training.statistics.monotonicity import audit

ROWS = np.random.default_rng(5).uniform(-1, 1, (40, 3))
NAMES = ("late", "on_time", "free")
DIRECTIONS = {"late": 1, "on_time": -1, "free": 0}


def test_a_model_that_follows_its_directions_has_no_violation():
    found = audit(lambda x: x[:, 0] - x[:, 1] ** 3 + np.sin(9 * x[:, 2]), ROWS, NAMES, DIRECTIONS)

    assert [(a.feature, a.violations, a.largest) for a in found] == [
        ("late", 0, 0.0),
        ("on_time", 0, 0.0),
    ]
    assert all(a.steps == 40 * 10 for a in found)


def test_a_hump_is_found_and_its_depth_told():
    rows = np.linspace(0, 1, 11)[:, None]

    [found] = audit(lambda x: -((x[:, 0] - 0.5) ** 2), rows, ["late"], {"late": 1}, probes=11)

    assert found.violations == 11 * 5  # the falling half, for every row
    assert abs(found.largest - (0.25 - 0.16)) < 1e-12


def test_a_violation_that_only_some_customers_show_is_found():
    def model(x):
        return np.where(x[:, 2] > 0.9, -x[:, 0], x[:, 0])

    [late] = [a for a in audit(model, ROWS, NAMES, DIRECTIONS) if a.feature == "late"]

    assert late.violations == 10 * int((ROWS[:, 2] > 0.9).sum()) > 0


def test_rounding_is_no_violation():
    noise = np.random.default_rng(1)

    def model(x):
        return 1.0 + noise.uniform(0, 5e-13, len(x))

    assert all(a.violations == 0 for a in audit(model, ROWS, NAMES, DIRECTIONS))


def test_a_feature_that_is_constant_or_unknown_everywhere_has_nothing_to_probe():
    rows = np.column_stack([np.full(5, np.nan), np.ones(5), np.arange(5.0)])

    found = audit(lambda x: np.zeros(len(x)), rows, NAMES, DIRECTIONS)

    assert [a.steps for a in found] == [0, 0]


def test_an_unknown_value_is_set_to_each_probe_like_any_other():
    rows = np.array([[0.0], [1.0], [np.nan]])

    [found] = audit(lambda x: -x[:, 0], rows, ["late"], {"late": 1}, probes=2)

    assert found.steps == found.violations == 3


def test_a_common_value_does_not_crowd_out_the_others():
    rows = np.array([[0.0]] * 95 + [[float(n)] for n in range(1, 6)])

    [found] = audit(lambda x: 1.0 * (x[:, 0] == 3.0), rows, ["late"], {"late": 1}, probes=6)

    assert (found.steps, found.violations) == (500, 100)  # from 3 to 4, for every row


def test_probes_can_come_from_a_wider_book_than_the_rows():
    rows, book = np.array([[0.0]]), np.array([[0.0], [5.0], [np.nan]])

    [found] = audit(lambda x: -x[:, 0], rows, ["late"], {"late": 1}, book=book, probes=2)

    assert (found.steps, found.largest) == (1, 5.0)
