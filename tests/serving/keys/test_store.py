"""API keys: told once, kept as a hash, revoked for good."""

import pytest
from sqlalchemy import Engine, select

from features.errors import UsageError
from serving.database import reading
from serving.keys.store import API_KEYS, create_key, key_of, keys, revoke_key


def test_a_key_opens_and_is_not_kept(engine: Engine) -> None:
    key, secret = create_key(engine, "shop", ["grades:read"])
    found = key_of(engine, secret)
    assert found is not None
    assert (found.key_id, found.name, found.scopes) == (key.key_id, "shop", ("grades:read",))
    with reading(engine) as connection:
        kept = connection.execute(select(API_KEYS)).one()
    assert secret not in [str(value) for value in kept]


def test_a_key_that_is_not_ours_opens_nothing(engine: Engine) -> None:
    _, secret = create_key(engine, "shop", ["grades:read"])
    assert key_of(engine, secret[:-1]) is None
    assert key_of(engine, "") is None


def test_a_revoked_key_opens_nothing(engine: Engine) -> None:
    key, secret = create_key(engine, "shop", ["admin"])
    revoke_key(engine, key.key_id)
    assert key_of(engine, secret) is None
    assert [k.revoked_at is not None for k in keys(engine)] == [True]
    with pytest.raises(UsageError, match="no key .* in use"):
        revoke_key(engine, key.key_id)


def test_scopes_are_known_and_in_their_order(engine: Engine) -> None:
    key, _ = create_key(engine, "shop", ["ledger:write", " grades:read", "grades:read"])
    assert key.scopes == ("grades:read", "ledger:write")
    with pytest.raises(UsageError, match="no scope 'grades:write'.*grades:read"):
        create_key(engine, "shop", ["grades:write"])
    with pytest.raises(UsageError, match="no scope was given"):
        create_key(engine, "shop", [" "])


@pytest.mark.parametrize("name", ["", "  ", "x" * 129])
def test_a_key_has_a_name(engine: Engine, name: str) -> None:
    with pytest.raises(UsageError, match="1 to 128 characters"):
        create_key(engine, name, ["admin"])
