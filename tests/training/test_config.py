import tomllib
from dataclasses import replace

import pytest

from features.errors import UsageError
from training.config import load_config


@pytest.fixture
def config_of(tmp_path):
    """Return a function that loads a file of this text over the packaged settings."""

    def load(text):
        path = tmp_path / "run.toml"
        path.write_text(text, encoding="utf-8")
        return load_config(path)

    return load


def test_packaged_settings_are_those_of_the_design():
    config = load_config()

    assert config.windows.horizons_days == (365, 180, 90, 30)
    assert config.default.on == ("bad_debt", "bankruptcy", "days_past_due")
    assert config.model.row_share < 1
    assert config.model.column_share < 1
    assert (config.windows.least_defaults, config.windows.least_defaults_in_all) == (20, 30)


def test_file_replaces_only_the_keys_that_it_holds(config_of):
    config = config_of("seed = 5\n[model]\ntrees = 50\n")

    packaged = load_config()
    assert config == replace(packaged, seed=5, model=replace(packaged.model, trees=50))


def test_whole_number_may_stand_for_a_float(config_of):
    assert config_of("[model]\nl2 = 3\n").model.l2 == 3.0


def test_options_win_over_the_file(config_of):
    config = config_of("seed = 5\n[default]\nkeep_unexposed = true\n").with_options(
        horizon_days=90, default_on=("bad_debt",), folds=5, seed=6
    )

    assert config.seed == 6
    assert config.windows.horizons_days == (90,)
    assert config.windows.folds == 5
    assert config.default.on == ("bad_debt",)
    assert config.default.keep_unexposed


def test_options_that_are_not_given_change_nothing():
    assert load_config().with_options() == load_config()


def test_settings_are_plain_values_that_a_record_can_hold():
    plain = load_config().to_dict()

    assert plain["model"]["trees"] == load_config().model.trees
    assert set(plain) >= {"seed", "windows", "default", "model", "tracking"}


def test_unknown_key_hints_at_the_near_one(config_of):
    with pytest.raises(UsageError, match=r"unknown key model\.leafs\. Did you mean leaves\?"):
        config_of("[model]\nleafs = 7\n")


def test_unknown_key_without_a_near_one_lists_the_keys(config_of):
    with pytest.raises(UsageError, match=r"unknown key default\.zzz\. Keys: on, keep_unexposed\."):
        config_of("[default]\nzzz = 1\n")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("seed = -1", "seed is -1"),
        ("seed = 2147483648", "seed is 2147483648"),
        ("seed = true", "seed must be of type int, not True"),
        ("model = 3", "model must be a table, not 3"),
        ("[seed]\nx = 1", "seed must be a value"),
        ("[windows]\nhorizons_days = []", "horizons_days is"),
        ("[windows]\nhorizons_days = [0]", "at least one day"),
        ("[windows]\nhorizons_days = ['a']", "horizons_days must be of type int, not 'a'"),
        ("[windows]\nhorizons_days = 90", "horizons_days must be a list, not 90"),
        ("[windows]\nfolds = 1", "folds is 1, but must be 0 for none, or at least 2"),
        ("[windows]\nreporting_lag_days = -1", "zero or more"),
        ("[windows]\nfit_share = 0.8", "so that a test set is left"),
        ("[windows]\nleast_defaults = 0", "least_defaults"),
        ("[default]\non = []", "one or more of bad_debt, bankruptcy, days_past_due"),
        ("[default]\non = ['fraud']", "one or more of"),
        ("[model]\nrow_share = 0.0", "row_share"),
        ("[model]\ncolumn_share = 1.5", "column_share"),
        ("[model]\nleaves = 1", "leaves at least 2"),
        ("[model]\nlearning_rate = 0.0", "learning_rate"),
        ("[model]\nlearning_rate = nan", "learning_rate"),
        ("[model]\nl2 = -1.0", "l2"),
        ("[model]\nrows_in_leaf_share = 0.5", "so that a leaf can be split"),
        ("[calibration]\ninverse_penalty = 0.0", "inverse_penalty"),
        ("[reference]\nsample = 0", "sample"),
        ("[validation]\nbins = 0", "bins"),
        ("[validation]\nconfidence = 1.0", "confidence"),
        ("[validation]\nresamples = 0", "resamples"),
    ],
)
def test_value_out_of_range_is_refused_by_its_name(config_of, text, told):
    with pytest.raises(UsageError, match=told):
        config_of(text)


@pytest.mark.parametrize("option", [{"horizon_days": 0}, {"folds": 1}, {"seed": -3}])
def test_option_out_of_range_is_refused(option):
    with pytest.raises(UsageError, match="but must be"):
        load_config().with_options(**option)


def test_absent_file_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"cannot be read \(No such file or directory\)"):
        load_config(tmp_path / "nowhere.toml")


def test_file_that_is_no_toml_is_refused_with_its_line(config_of):
    with pytest.raises(UsageError, match="not readable TOML: .*line 1"):
        config_of("seed 5")


def test_packaged_file_holds_every_setting(tmp_path):
    from importlib import resources

    text = (resources.files("training") / "default.toml").read_text(encoding="utf-8")
    plain = load_config().to_dict()

    for name, section in tomllib.loads(text).items():
        assert isinstance(section, int) or set(section) == set(plain[name])
