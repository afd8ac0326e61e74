"""The versioned ledger: immutable files behind one manifest that is swapped whole."""
