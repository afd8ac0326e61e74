"""Grades kept and shown: the store, and what finance reads."""
