"""Facts from files into a versioned ledger: what is read, what is rejected, what changed."""
