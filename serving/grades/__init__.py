"""The grades that were given: append-only."""
