"""What stands behind a feature: which rows of a ledger, how they are shown, what they add."""
