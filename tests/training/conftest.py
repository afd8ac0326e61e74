"""Tests of training open many small ledgers."""

from collections.abc import Iterator

import pytest

from features.ledger import settlement


@pytest.fixture(scope="package", autouse=True)
def _small_ledgers_settled_compiled() -> Iterator[None]:
    """Settle by the compiled kernel, as large ledgers are: plain takes seconds for every command.

    That both settle alike is held by tests/features, where small ledgers are settled plainly.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settlement, "COMPILED_ABOVE", 0)
        yield
