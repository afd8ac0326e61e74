"""A made-up seller: a ledger of every table whose causes are known, for demos and tests."""

from features.ledger.simulate.run import simulate

__all__ = ["simulate"]
