"""People: passwords are hashed slowly, sessions end."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from features.errors import UsageError
from serving.database import reading
from serving.people.store import (
    PEOPLE,
    SESSIONS,
    anybody,
    begin_session,
    create_person,
    disable_person,
    end_session,
    people,
    person_in_session,
    person_of,
    set_password,
)

PASSWORD = "correct horse battery"
AN_HOUR = timedelta(hours=1)


def test_a_person_is_known_by_the_password_alone(engine: Engine) -> None:
    assert not anybody(engine)
    person = create_person(engine, "controller", PASSWORD, ["grades:read"])
    assert anybody(engine)
    assert person_of(engine, "controller", PASSWORD) == person
    assert person_of(engine, "controller", PASSWORD + "s") is None
    assert person_of(engine, "somebody", PASSWORD) is None


def test_the_password_is_kept_as_an_argon2id_hash(engine: Engine) -> None:
    create_person(engine, "controller", PASSWORD, ["admin"])
    with reading(engine) as connection:
        kept = connection.execute(select(PEOPLE.c.password_hash)).scalar_one()
    assert kept.startswith("$argon2id$")
    assert PASSWORD not in kept


def test_a_session_lasts_until_it_is_ended(engine: Engine) -> None:
    person = create_person(engine, "controller", PASSWORD, ["admin"])
    token = begin_session(engine, "controller", AN_HOUR)
    assert person_in_session(engine, token) == person
    end_session(engine, token)
    assert person_in_session(engine, token) is None
    end_session(engine, token)


def test_a_session_that_is_over_lets_nobody_in_and_is_removed(engine: Engine) -> None:
    create_person(engine, "controller", PASSWORD, ["admin"])
    over = begin_session(engine, "controller", timedelta(0))
    assert person_in_session(engine, over) is None
    begin_session(engine, "controller", AN_HOUR)
    with reading(engine) as connection:
        assert len(connection.execute(select(SESSIONS)).all()) == 1


def test_disabling_and_a_new_password_end_every_session(engine: Engine) -> None:
    create_person(engine, "controller", PASSWORD, ["admin"])
    token = begin_session(engine, "controller", AN_HOUR)
    set_password(engine, "controller", "another long one")
    assert person_in_session(engine, token) is None
    token = begin_session(engine, "controller", AN_HOUR)
    disable_person(engine, "controller")
    assert person_in_session(engine, token) is None
    assert [in_use for _, in_use in people(engine)] == [False]
    with pytest.raises(UsageError, match="no account 'controller' in use"):
        set_password(engine, "controller", PASSWORD)


@pytest.mark.parametrize("login", ["", "A b", "x" * 65, "Upper", "-dash"])
def test_a_login_is_plain(engine: Engine, login: str) -> None:
    with pytest.raises(UsageError, match="small letters"):
        create_person(engine, login, PASSWORD, ["admin"])


def test_a_short_password_and_a_taken_login_are_refused(engine: Engine) -> None:
    with pytest.raises(UsageError, match="10 to 1024"):
        create_person(engine, "controller", "too short", ["admin"])
    create_person(engine, "controller", PASSWORD, ["admin"])
    with pytest.raises(UsageError, match="is taken"):
        create_person(engine, "controller", PASSWORD, ["admin"])
