"""What would bring a customer to a better grade, proved by regrading a copy of the ledger."""
