"""Grades on demand, told and not stored."""
