"""Validation: a model judged on a ledger, in figures, as a document and as a page."""
