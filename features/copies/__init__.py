"""A copy of what a ledger knew of one customer on a day, to change and to look at again."""
