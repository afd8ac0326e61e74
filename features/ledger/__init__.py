"""The facts of a seller's ledger and the day each became known."""
