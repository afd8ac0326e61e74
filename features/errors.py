"""The errors of Tradegrade, each with the exit code of its kind."""


class TradegradeError(Exception):
    """Say what is wrong, the value seen, and how to mend it; a person reads the message.

    Attributes
    ----------
    exit_code : int
        What the command line returns: 2 usage, 3 bad data, 4 model, bundle or gate
        refused, 5 store or engine unavailable.
    """

    exit_code = 1


class UsageError(TradegradeError):
    """The caller asked for something that makes no sense, whatever the data."""

    exit_code = 2


class LedgerError(TradegradeError):
    """The facts break a rule of the ledger, or are too few for what was asked."""

    exit_code = 3


class ModelError(TradegradeError):
    """A bundle, policy or gate refuses: nothing was graded or promoted."""

    exit_code = 4


class UnavailableError(TradegradeError):
    """A store or an engine cannot be reached or is not installed."""

    exit_code = 5
