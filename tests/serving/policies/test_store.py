"""Activations are recorded once, for ever, and newest first, on either database."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete, insert, select, update
from sqlalchemy.exc import DBAPIError

from features.errors import UsageError
from serving.database import reading, writing
from serving.grades.tables import POLICIES
from serving.policies.activation import activate
from serving.policies.store import activations, checked_words
from serving.policies.tables import ACTIVATIONS
from tests.models.bundles import POLICY, POLICY_TEXT, policy_with

NEW = policy_with(("rule_weight = 0.4 ", "rule_weight = 0.5 "))
OTHER = policy_with(("rule_weight = 0.4 ", "rule_weight = 0.6 "))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "policy.toml"


def test_an_activation_says_who_why_and_what_was_before(engine: Engine, file: Path) -> None:
    activate(engine, file, NEW, by=" 陈莉 ", reason="年度复审")
    activate(engine, file, OTHER, by="L. Chen", reason="reviewed again")
    newest, first = activations(engine)
    assert (first.activated_by, first.reason) == ("陈莉", "年度复审")
    assert (first.policy_sha256, first.policy_version) == (NEW.sha256, NEW.policy_version)
    assert (first.previous_sha256, first.previous_version) == (
        POLICY.sha256, POLICY.policy_version,
    )  # fmt: skip
    assert (newest.policy_sha256, newest.previous_sha256) == (OTHER.sha256, NEW.sha256)
    assert newest.activation_id > first.activation_id
    assert newest.activated_at >= first.activated_at


def test_the_texts_of_both_policies_are_kept(engine: Engine, file: Path) -> None:
    activate(engine, file, NEW, by="L. Chen", reason="reviewed")
    with reading(engine) as connection:
        rows = connection.execute(select(POLICIES.c.policy_sha256, POLICIES.c.content)).all()
        kept = {row.policy_sha256: row.content for row in rows}
    assert kept == {NEW.sha256: NEW.content, POLICY.sha256: POLICY_TEXT.encode()}


@pytest.mark.parametrize(
    "change",
    [update(ACTIVATIONS).values(activated_by="somebody else"), delete(ACTIVATIONS)],
    ids=["update", "delete"],
)
def test_the_database_refuses_to_change_an_activation(
    engine: Engine, file: Path, change: object
) -> None:
    activate(engine, file, NEW, by="L. Chen", reason="reviewed")

    def alter() -> None:
        with writing(engine) as connection:
            connection.execute(change)  # type: ignore[call-overload]

    with pytest.raises(DBAPIError, match="policy_activations are append-only"):
        alter()
    assert [found.activated_by for found in activations(engine)] == ["L. Chen"]


def test_an_activation_of_a_policy_that_is_not_kept_is_refused(engine: Engine) -> None:
    row = {
        "activated_at": datetime.now(UTC).replace(tzinfo=None), "activated_by": "x", "reason": "x",
        "policy_sha256": "0" * 64, "policy_version": "x",
    }  # fmt: skip

    def add() -> None:
        with writing(engine) as connection:
            connection.execute(insert(ACTIVATIONS), row)

    with pytest.raises(DBAPIError, match=r"(?i)foreign key"):
        add()


@pytest.mark.parametrize(
    ("by", "reason", "message"),
    [
        ("", "reviewed", "--by has 1 to 128 characters, not 0"),
        (" \t", "reviewed", "--by has 1 to 128"),
        ("x" * 129, "reviewed", "not 129"),
        ("L. Chen", " ", "--reason has 1 to 2,000 characters"),
        ("L. Chen", "x" * 2001, "not 2,001"),
        ("L.\0Chen", "reviewed", "--by holds what is no text"),
        ("L. Chen", "\udce9", "--reason holds what is no text"),
    ],
)
def test_name_and_reason_are_words(
    engine: Engine, file: Path, by: str, reason: str, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        checked_words(by, reason)
    with pytest.raises(UsageError, match=message):
        activate(engine, file, NEW, by=by, reason=reason)
    assert activations(engine) == []
    assert not file.exists()
