"""A relation is one definition: its look-up gives the rows that its query over pairs gives."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from features.ledger.open import EPOCH, Ledger, open_ledger
from features.ledger.simulate import simulate
from features.relations import RELATIONS

DAY = (date(2025, 6, 30) - EPOCH).days


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    folder: Path = tmp_path_factory.mktemp("simulated") / "ledger"
    simulate(120, 24, 11, folder)
    with open_ledger(folder) as opened:
        opened.connection.execute(
            "CREATE TABLE pairs AS SELECT DISTINCT customer_id, $day AS as_of FROM led_customers "
            "UNION ALL SELECT 'nobody', $day",
            {"day": DAY},
        )
        yield opened


@pytest.mark.parametrize("name", RELATIONS)
def test_a_look_up_gives_the_rows_of_the_pair(ledger: Ledger, name: str) -> None:
    base, connection = RELATIONS[name], ledger.connection
    columns = ", ".join(("customer_id", "as_of", *base.relation.columns))
    wanted = connection.execute(f"SELECT {columns} FROM ({base.sql})").fetchall()
    assert wanted, "a relation is compared nowhere"
    customers = [row[0] for row in connection.execute("SELECT customer_id FROM pairs").fetchall()]
    found = []
    for customer in customers:
        look_up = f"SELECT {columns} FROM ({base.lookup_sql})"
        found += connection.execute(look_up, [customer, DAY]).fetchall()
    assert sorted(found, key=repr) == sorted(wanted, key=repr)


@pytest.mark.parametrize("name", RELATIONS)
def test_a_look_up_knows_no_pairs_and_a_query_over_pairs_no_parameters(name: str) -> None:
    base = RELATIONS[name]
    assert "pairs" not in base.lookup_sql
    assert "$" not in base.sql
