"""Promotions are recorded once, for ever, and newest first, on either database."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, delete, update
from sqlalchemy.exc import DBAPIError

from serving.database import writing
from serving.promotions.store import (
    FIRST,
    PROMOTE,
    ROLLBACK,
    Promotion,
    Wish,
    champion_before,
    earlier_champions,
    promotions,
    record_promotion,
)
from serving.promotions.tables import PROMOTIONS

GATES = ({"name": "auc_floor", "passed": True, "figure": 0.8, "detail": {"zh": "好", "en": "ok"}},)


def recorded(engine: Engine, wish: Wish) -> Promotion:
    with writing(engine) as connection:
        return record_promotion(connection, wish)


def history(*steps: tuple[str, str, str | None]) -> list[Promotion]:
    """Return promotions, the newest first, of (kind, version, version before)."""
    now = datetime.now(UTC).replace(tzinfo=None)
    made = [
        Promotion(number, now, kind, version, before, "x", "x", ())
        for number, (kind, version, before) in enumerate(steps, 1)
    ]
    return made[::-1]


def test_a_promotion_says_who_why_from_what_and_what_it_passed(engine: Engine) -> None:
    recorded(engine, Wish(FIRST, "a", None, "train", "none before"))
    made = recorded(engine, Wish(PROMOTE, "b", "a", "陈莉", "年度重训", GATES))
    newest, first = promotions(engine)
    assert newest == made
    assert (newest.by, newest.reason, newest.version) == ("陈莉", "年度重训", "b")
    assert (newest.previous_version, newest.kind) == ("a", "promote")
    assert newest.gates == list(GATES)
    assert (first.previous_version, first.gates) == (None, [])
    assert newest.promotion_id > first.promotion_id
    assert list(newest.to_dict()) == [
        "promotion_id", "promoted_at", "kind", "version", "previous_version", "by", "reason",
        "gates",
    ]  # fmt: skip
    assert newest.to_dict()["promoted_at"].endswith("Z")


@pytest.mark.parametrize(
    "change",
    [update(PROMOTIONS).values(promoted_by="somebody else"), delete(PROMOTIONS)],
    ids=["update", "delete"],
)
def test_the_database_refuses_to_change_a_promotion(engine: Engine, change: object) -> None:
    recorded(engine, Wish(PROMOTE, "a", None, "L. Chen", "reviewed"))

    def alter() -> None:
        with writing(engine) as connection:
            connection.execute(change)  # type: ignore[call-overload]

    with pytest.raises(DBAPIError, match="promotions are append-only"):
        alter()
    assert [found.by for found in promotions(engine)] == ["L. Chen"]


UP = (FIRST, "a", None), (PROMOTE, "b", "a"), (PROMOTE, "c", "b")


@pytest.mark.parametrize(
    ("steps", "champion", "before"),
    [
        ((), None, None),
        ((), "a", None),
        (UP[:1], "a", None),
        (UP[:2], "b", "a"),
        (UP, "c", "b"),
        # going back twice leads two promotions back
        ((*UP, (ROLLBACK, "b", "c")), "b", "a"),
        ((*UP, (ROLLBACK, "b", "c"), (ROLLBACK, "a", "b")), "a", None),
        # to one further back, and from there on
        ((*UP, (ROLLBACK, "a", "c"), (PROMOTE, "d", "a")), "d", "a"),
        # to one that was taken back before
        ((*UP, (ROLLBACK, "a", "c"), (ROLLBACK, "c", "a")), "c", "a"),
        # promoted once more
        ((*UP, (PROMOTE, "a", "c")), "a", "c"),
        # a champion that the record does not know: written by hand, or from before it was kept
        (((PROMOTE, "b", "a"),), "b", "a"),
        (UP, "x", "c"),
        ((*UP, (PROMOTE, "d", "x")), "d", "x"),
    ],
)
def test_the_champion_before_is_the_one_that_graded_before(
    steps: tuple[tuple[str, str, str | None], ...], champion: str | None, before: str | None
) -> None:
    assert champion_before(history(*steps), champion) == before


def test_every_champion_there_ever_was_can_be_chosen_but_the_present_one() -> None:
    found = history(*UP, (ROLLBACK, "b", "c"))
    assert earlier_champions(found, "b") == ["c", "a"]
    assert earlier_champions([], None) == []
