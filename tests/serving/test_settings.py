"""Settings come from the environment, and each is documented."""

from pathlib import Path

import pytest

from features.errors import UsageError
from serving.settings import PREFIX, Settings, load_settings

README = Path(__file__).parents[2] / "serving" / "README.md"


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_documented(name: str) -> None:
    assert Settings.model_fields[name].description
    assert f"`{PREFIX}{name.upper()}`" in README.read_text(encoding="utf-8")


def test_what_is_given_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADEGRADE_PORT", "9000")
    assert load_settings().port == 9000
    assert load_settings(port=None).port == 9000
    assert load_settings(port=9001).port == 9001


def test_a_value_that_cannot_be_is_refused_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TRADEGRADE_GRACEFUL_SECONDS", "soonish")
    with pytest.raises(UsageError, match="TRADEGRADE_GRACEFUL_SECONDS") as told:
        load_settings()
    assert "soonish" not in str(told.value)
