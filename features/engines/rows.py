"""Where the rows of one customer come from: the protocol, and a ledger open in this process."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol

from features.engines.fold import Rows
from features.ledger.open import Ledger
from features.relations import RELATIONS
from features.render import present_relations

Columns = Mapping[str, tuple[str, ...]]  # of each relation, those that are read


class RowSource(Protocol):
    """Anything that tells the rows of a customer as of a day."""

    def rows(self, customer_id: str, as_of: int) -> Mapping[str, Rows]:
        """Return the rows of each relation that the source can tell.

        Parameters
        ----------
        customer_id : str
            Whose; nobody's rows are none.
        as_of : int
            The day's number.
        """


class LedgerRows:
    """The rows of an opened ledger, looked up on its own connection.

    Like the connection it belongs to one thread at a time. Every look-up reads the columns of
    all customers in the memory of this process: right for a few customers of a ledger that was
    opened anyway. For many look-ups see `features.engines.indexed`.
    """

    def __init__(self, ledger: Ledger, columns: Columns) -> None:
        """Look at a ledger; nothing is read before a customer is asked for.

        Parameters
        ----------
        ledger : Ledger
            An opened ledger.
        columns : mapping of str to tuple of str
            The relations to tell, and the columns wanted of each.
        """
        self._connection = ledger.connection
        self._queries = lookups(columns, present_relations(ledger.files))

    def rows(self, customer_id: str, as_of: int) -> Mapping[str, Rows]:
        """Return the rows of each relation that the ledger can tell."""
        asked = [customer_id, as_of]
        return {
            name: self._connection.execute(query, asked).fetchall()
            for name, query in self._queries.items()
        }


def lookups(columns: Columns, present: Collection[str]) -> dict[str, str]:
    """Return the query of each relation's rows, ``$1`` the customer and ``$2`` the day.

    Parameters
    ----------
    columns : mapping of str to tuple of str
        The relations wanted, and the columns of each; of a relation whose rows are only
        counted there is none, and a constant stands for them.
    present : collection of str
        Relations that can be told; others are left out.
    """
    return {
        name: f"SELECT {', '.join(f'r.{column}' for column in chosen) or '1'} "
        f"FROM ({RELATIONS[name].lookup_sql}) AS r"
        for name, chosen in columns.items()
        if name in present
    }
