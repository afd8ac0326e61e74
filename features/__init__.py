"""What was known of a customer on a day: the ledger, the catalogue, the snapshots."""
