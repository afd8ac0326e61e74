"""A connection to PostgreSQL whose failures are told, each with its mend."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING

from features.errors import LedgerError, UnavailableError

if TYPE_CHECKING:
    import psycopg


@dataclass(frozen=True)
class Purpose:
    """What a connection is for, in the words of its failures.

    Attributes
    ----------
    refused : str
        What PostgreSQL did not do, after its name.
    needs : str
        What its user must be allowed to do.
    mend : str
        What to do instead, after a comma.
    """

    refused: str
    needs: str
    mend: str


@contextmanager
def connected(
    url: str, purpose: Purpose, *, autocommit: bool = False
) -> Iterator[psycopg.Connection]:
    """Yield a connection; its work is committed where the block ends well.

    Parameters
    ----------
    url : str
        Address of the database.
    purpose : Purpose
        What it is for.
    autocommit : bool
        Whether every statement is a transaction of its own.

    Raises
    ------
    UnavailableError
        If psycopg is not installed, or the database cannot be reached or refuses the work.
    LedgerError
        If PostgreSQL cannot hold a value of the ledger.
    """
    psycopg = driver(purpose)
    with told(purpose):
        with psycopg.connect(url, application_name="tradegrade", autocommit=autocommit) as opened:
            yield opened


def driver(purpose: Purpose) -> ModuleType:
    """Return psycopg.

    Raises
    ------
    UnavailableError
        If it is not installed.
    """
    try:
        import psycopg  # noqa: PLC0415 - optional
    except ImportError as error:
        message = (
            "PostgreSQL needs psycopg, which is not installed. Run `make setup`, "
            f"or `pip install 'tradegrade[serve]'`, {purpose.mend}."
        )
        raise UnavailableError(message) from error
    return psycopg


@contextmanager
def told(purpose: Purpose) -> Iterator[None]:
    """Turn what the driver raises in a block into errors that say the mend."""
    psycopg = driver(purpose)
    try:
        yield
    except psycopg.ProgrammingError as error:
        if error.sqlstate is None:  # the driver could not read the address, and may repeat it
            message = (
                "The address of the database is malformed. Write "
                f"postgresql://user:password@host/name, {purpose.mend}."
            )
            raise UnavailableError(message) from None
        raise UnavailableError(_refused(error, purpose)) from error
    except psycopg.DataError as error:
        message = (
            f"PostgreSQL cannot hold a value of this ledger: {_first_line(error)}. Correct the "
            f"value, {purpose.mend}."
        )
        raise LedgerError(message) from error
    except psycopg.Error as error:
        raise UnavailableError(_refused(error, purpose)) from error


def _refused(error: Exception, purpose: Purpose) -> str:
    return (
        f"PostgreSQL {purpose.refused}: {_first_line(error)}. See that the server runs "
        f"and that its user may {purpose.needs}, {purpose.mend}."
    )


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0].rstrip(".")
