"""Why a grade is what it is, and why it changed: exact accounts in points."""
